import { expect, test } from "vitest";
import { commandLine } from "./command-line.ts";

test("a command line has what was given, quoted as a shell wants it", () => {
  expect(commandLine(["key", "create"], { actor: "deploy bot", scope: ["read", "run"], expires: null, name: "" })).toBe(
    "gantry key create --actor 'deploy bot' --scope read --scope run",
  );
  expect(commandLine(["person", "invite", "it's@example.com; rm"], { e: "prod", service: true, json: false })).toBe(
    String.raw`gantry person invite 'it'\''s@example.com; rm' -e prod --service`,
  );
});
