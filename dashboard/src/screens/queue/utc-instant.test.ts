import { expect, test } from "vitest";
import { utcInstant } from "./utc-instant.ts";

test("a time is taken as UTC, nothing as nothing, and anything else is no time", () => {
  expect(utcInstant(" 2026-12-23 18:00 UTC")).toBe("2026-12-23T18:00:00.000Z");
  expect(utcInstant("")).toBeUndefined();
  expect(["tomorrow", "2026-13-01 10:00", "2026-12-23"].map(utcInstant)).toEqual([null, null, null]);
});
