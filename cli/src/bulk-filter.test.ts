import { expect, test } from "vitest";
import { readBulkFilter } from "./bulk-filter.ts";

const config = (environment?: string, project = "default", origin = "--environment") => ({
  ...(environment === undefined ? {} : { environment: { value: environment, origin } }),
  project: { value: project, origin: project === "default" ? "default" : "--project" },
});
const read = (pairs: string[], given = config()) =>
  readBulkFilter(given as Parameters<typeof readBulkFilter>[0], pairs);

test("a filter is made of pairs and of what the flags say", () => {
  expect(
    read(
      ["status=waiting,paused", "status=halted", "runbook=release", "created-before=2026-01-31"],
      config("staging", "shop"),
    ),
  ).toEqual({
    status: ["waiting", "paused", "halted"],
    runbook: "release",
    environment: "staging",
    project: "shop",
    createdBefore: "2026-01-31T00:00:00.000Z",
  });
});

test.each([
  ["nothing", []],
  ["an empty value, as an unset variable leaves it", ["runbook="]],
  ["no pair", ["waiting"]],
  ["an unknown key", ["state=waiting"]],
  ["an unknown status", ["status=sleeping"]],
  ["a time that is none", ["created-after=soon"]],
  ["an id that is none", ["run=0198"]],
  ["a key twice", ["runbook=a", "runbook=b"]],
])("%s is refused", (_what, pairs) => {
  expect(() => read(pairs)).toThrow(expect.objectContaining({ code: "usage" }) as Error);
});

test("the environment of a variable or file is no filter", () => {
  expect(() => read([], config("staging", "default", "GANTRY_ENVIRONMENT"))).toThrow(/Which runs/);
});
