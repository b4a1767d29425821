import { expect, test } from "vitest";
import { ariaSort, between, nextSort, rowAfterKey } from "./columns.ts";

test("a column that is pressed sorts the way that makes sense for it first, and the other way next", () => {
  const created = { by: "created", first: "down" as const };
  expect(nextSort("name", created)).toBe("-created");
  expect(nextSort("-created", created)).toBe("created");
  expect(nextSort("created", created)).toBe("-created");
  expect(nextSort("-created", { by: "name", first: "up" })).toBe("name");
  expect(["name", "-name", "other"].map((sort) => ariaSort(sort, "name"))).toEqual(["ascending", "descending", "none"]);
});

test("keys move among the rows that there are and never past them", () => {
  const keys = ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", "x"];
  expect(keys.map((key) => rowAfterKey(key, 5, 12))).toEqual([6, 4, 11, 0, 0, 11, null]);
  expect(rowAfterKey("ArrowUp", 0, 12)).toBe(0);
  expect(rowAfterKey("ArrowDown", 11, 12)).toBe(11);
});

test("what lies between two rows is the same from either side; a row that is gone leaves the other one", () => {
  const ids = ["a", "b", "c", "d"];
  expect(between(ids, "b", "d")).toEqual(["b", "c", "d"]);
  expect(between(ids, "d", "b")).toEqual(["b", "c", "d"]);
  expect(between(ids, "gone", "c")).toEqual(["c"]);
});
