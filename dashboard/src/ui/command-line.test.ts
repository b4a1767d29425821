import { expect, test } from "vitest";
import { commandLine } from "./command-line.ts";
import { runCommand } from "./run-command.ts";

test("a command line has what was given, quoted as a shell wants it", () => {
  expect(commandLine(["key", "create"], { actor: "deploy bot", scope: ["read", "run"], expires: null, name: "" })).toBe(
    "npx gantry key create --actor 'deploy bot' --scope read --scope run",
  );
  expect(commandLine(["person", "invite", "it's@example.com; rm"], { e: "prod", service: true, json: false })).toBe(
    String.raw`npx gantry person invite 'it'\''s@example.com; rm' -e prod --service`,
  );
});

test("a value that begins like an option isn't taken for one", () => {
  expect(commandLine(["runs", "list"], { sort: "-finished" })).toBe("npx gantry runs list --sort=-finished");
});

test("the command line's form of a run can be pasted into a shell, whatever is in it", () => {
  expect(
    runCommand("deploy.service", "staging", { service: "greeter", repository: "/data/it's mine", port: 8088 }),
  ).toBe(
    String.raw`npx gantry run deploy.service -e staging -p service=greeter -p 'repository=/data/it'\''s mine' -p port=8088`,
  );
});
