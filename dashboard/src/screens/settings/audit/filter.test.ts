import { expect, test } from "vitest";
import { settingsSearch } from "../search.ts";
import { fieldOf, filterOf, filterOptions, momentOf } from "./filter.ts";

test("an address becomes a filter of the API and options of the command, and what makes no sense is left out", () => {
  const search = settingsSearch({
    actor: "approver",
    action: "secrets.",
    place: "shop/prod",
    result: "eaten",
    run: "x",
    from: 7,
  });
  expect(filterOf(search)).toEqual({ actor: "approver", action: "secrets.", project: "shop", environment: "prod" });
  expect(filterOptions(search)).toMatchObject({ "in-project": "shop", "in-environment": "prod", since: undefined });
});

test("moments are taken and shown as UTC", () => {
  expect(momentOf("2026-11-22T04:05")).toBe("2026-11-22T04:05:00.000Z");
  expect(momentOf("")).toBeUndefined();
  expect(fieldOf("2026-11-22T04:05:00.000Z")).toBe("2026-11-22T04:05");
});
