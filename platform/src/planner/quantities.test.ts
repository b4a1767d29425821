import { expect, test } from "vitest";
import { quantitiesOf, readNumber } from "./quantities.ts";
import { tokenise } from "./tokens.ts";

const read = (text: string) => quantitiesOf(tokenise(text)).map(({ value, dimension }) => [value, dimension]);

test.each([
  ["750", 750],
  ["1,500", 1_500],
  ["2,5", 2.5],
  ["1.5", 1.5],
  ["0.125", 0.125],
  ["1.200,5", 1_200.5],
  ["1,200.5", 1_200.5],
  ["1.000.000", 1_000_000],
  ["-3", -3],
])("%s is read as %d", (text, value) => {
  expect(readNumber(text)).toBe(value);
});

test.each(["1.000", "2.500"])("%s has two readings, so it has no value", (text) => {
  expect(readNumber(text)).toBeNull();
});

test.each(["1.2.3", "203.0.113.9", "2026-10-30", "v1", "1,2,3"])("%s isn't a number", (text) => {
  expect(readNumber(text)).toBeUndefined();
});

test.each([
  ["for 2 hours", [[7_200, "duration"]]],
  ["1h30m", [[5_400, "duration"]]],
  ["1 hour 30 minutes", [[5_400, "duration"]]],
  ["half an hour", [[1_800, "duration"]]],
  ["a week", [[604_800, "duration"]]],
  [
    "two weeks, ten minutes",
    [
      [1_209_600, "duration"],
      [600, "duration"],
    ],
  ],
  ["to 2,5 TB", [[2.5e12, "size"]]],
  ["80GB", [[80e9, "size"]]],
  ["300 requests per second", [[300, "rate"]]],
  ["eight replicas", [[8, null]]],
])("%s is read with its unit", (text, quantities) => {
  expect(read(text)).toEqual(quantities);
});

test("a number inside a name, an address or a quotation isn't a quantity", () => {
  expect(read('node-4 web2 10.0.0.1 v1.2.3 "500" https://example.com/8080')).toEqual([]);
});
