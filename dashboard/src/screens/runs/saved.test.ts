import { expect, test } from "vitest";
import { savedSearches, withoutSearch, withSearch } from "./saved.ts";

test("searches are kept by name, in their order, and one that is there is replaced", () => {
  let saved = withSearch([], "mine", { requester: "somebody" });
  saved = withSearch(saved, "broken", { status: "failed", bulk: "01990000-0000-7000-8000-000000000001" });
  saved = withSearch(saved, "mine", { requester: "me" });
  expect(saved).toEqual([
    { name: "broken", search: { status: "failed" } },
    { name: "mine", search: { requester: "me" } },
  ]);
  expect(savedSearches(JSON.parse(JSON.stringify(saved)))).toEqual(saved);
  expect(withoutSearch(saved, "broken")).toHaveLength(1);
});

test("what something else wrote there is no search and breaks nothing", () => {
  for (const value of [undefined, null, 7, "x", { name: "x" }, [{ name: "" }], [1]])
    expect(savedSearches(value)).toEqual([]);
});
