import { describe, expect, test } from "vitest";
import { blocksToRun } from "./readme.ts";
import { runAside } from "./run.ts";
import { countTests, type AllowedSkip, type Report } from "./tests.ts";

const allowed: AllowedSkip[] = [{ test: "tofu", unless: "command -v tofu", reason: "not packaged" }];

describe("counting tests", () => {
  test("passed and failed tests are counted", () => {
    expect(count({ one: "passed", two: "failed", three: "passed" }, 1)).toMatchObject({
      passed: 2,
      failed: 1,
      skipped: 0,
    });
  });

  test("a skipped test is a failure", () => {
    expect(count({ one: "passed", two: "skipped" }, 0)).toMatchObject({ passed: 1, failed: 1, skipped: 0 });
    expect(count({ one: "todo" }, 0)).toMatchObject({ failed: 1 });
  });

  test("a test that waits for a tool may be skipped where that is missing", () => {
    expect(count({ "applies with tofu": "skipped" }, 0)).toMatchObject({ failed: 0, skipped: 1 });
  });

  test("but not where the tool is there", () => {
    expect(count({ "applies with tofu": "skipped" }, 0, ["command -v tofu"])).toMatchObject({ failed: 1, skipped: 0 });
  });

  test("a run that fails although no test did is a failure", () => {
    expect(count({ one: "passed" }, 1)).toMatchObject({ passed: 1, failed: 1 });
    expect(count({}, 1)).toMatchObject({ passed: 0, failed: 1 });
  });
});

test("a stage that runs aside hands back all that it said and how it ended", async () => {
  const script = "console.log('out'); console.error('err'); process.exitCode = 3";
  const { exitCode, output } = await runAside(process.execPath, ["-e", script]);
  expect([exitCode, output.split("\n").toSorted()]).toEqual([3, ["", "err", "out"]]);
  expect(await runAside("/no/such/program", [])).toMatchObject({ exitCode: 1 });
});

describe("the README's blocks", () => {
  test("only marked ones are run, in order, as they stand", () => {
    const markdown = [
      "<!-- ci: run -->\n\n```sh\nnpm run demo\n```\n",
      "```sh\nnpm start\n```\n",
      "<!-- ci: run -->\n```sh\na \\\n  b\n\nc\n```\n",
    ].join("\ntext\n\n");
    expect(blocksToRun(markdown)).toEqual(["npm run demo", "a \\\n  b\n\nc"]);
  });
});

function count(
  tests: Record<string, string>,
  exitCode: number,
  succeeding: string[] = [],
): ReturnType<typeof countTests> {
  const assertionResults = Object.entries(tests).map(([fullName, status]) => ({ fullName, status }));
  const report: Report = { testResults: [{ assertionResults }] };
  return countTests({ report, exitCode, allowed, succeeds: (command) => succeeding.includes(command) });
}
