import { expect, test } from "vitest";
import { closest } from "./closest.ts";

test.each([
  ["deploy.servcie", "deploy.service"],
  ["terafrom.apply", "terraform.apply"],
  ["deploy.s", "deploy.service"],
  ["relaese", "release"],
  ["backup", undefined],
  ["", undefined],
  ["x".repeat(200), undefined],
])("what was meant by %j is %s", (word, meant) => {
  expect(closest(word, ["deploy.service", "terraform.apply", "release"])).toBe(meant);
});
