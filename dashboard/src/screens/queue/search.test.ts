import { expect, test } from "vitest";
import { queueSearch } from "./search.ts";

test("the address says which part of the queue is shown, and nonsense in it is as if it weren't there", () => {
  const good = { tab: "workers", group: "waiting", on: "approval", sort: "line", environment: "prod" };
  expect(queueSearch(good)).toEqual(good);
  expect(
    queueSearch({ tab: 3, group: "x", on: ["approval"], sort: null, environment: "a b", more: "1" }),
  ).toStrictEqual({
    tab: undefined,
    group: undefined,
    on: undefined,
    sort: undefined,
    environment: undefined,
  });
});
