import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { blocksToRun } from "./readme.ts";
import { runInto } from "./run.ts";
import { countTests, type AllowedSkip, type Report } from "./tests.ts";

const allowed: AllowedSkip[] = [{ test: "tofu", unless: "command -v tofu", reason: "not packaged" }];

describe("counting tests", () => {
  test("passed and failed tests are counted, and of a failed one is told what is wrong", () => {
    const { passed, failures, skipped } = count({ one: "passed", two: "failed", three: "passed" }, 1);
    expect([passed, failures, skipped]).toEqual([2, [{ name: "two", why: "expected 1 to be 2\n  at two" }], 0]);
  });

  test("a skipped test is a failure", () => {
    expect(failed({ one: "passed", two: "skipped" }, 0)).toEqual(["two"]);
    expect(failed({ one: "todo" }, 0)).toEqual(["one"]);
  });

  test("a test that waits for a tool may be skipped where that is missing", () => {
    expect(count({ "applies with tofu": "skipped" }, 0)).toMatchObject({ failures: [], skipped: 1 });
  });

  test("but not where the tool is there", () => {
    expect(failed({ "applies with tofu": "skipped" }, 0, ["command -v tofu"])).toEqual(["applies with tofu"]);
  });

  test("a run that fails although no test did is a failure, shown with the end of what was said", () => {
    const { passed, failures } = count({ one: "passed" }, 1);
    expect([passed, failures.map(({ why }) => why)]).toEqual([1, ["said"]]);
    expect(failed({}, 1)).toHaveLength(1);
  });
});

test("all that a command says is kept in a file and handed back with its exit code, also while something it left goes on", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gantry-ci-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "logs", "one.log");
  const script = "echo out; echo err >&2; sleep 60 & echo $!; exit 3";
  const { exitCode, output } = await runInto(file, "sh", ["-c", script]);
  process.kill(Number(output.split("\n").at(-2)));
  expect([exitCode, output.split("\n").slice(0, 2).toSorted()]).toEqual([3, ["err", "out"]]);
  expect(await readFile(file, "utf8")).toBe(output);
  const missing = await runInto(file, "/no/such/program", []);
  expect(missing).toMatchObject({ exitCode: 1, output: expect.stringContaining("/no/such/program") as string });
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

function failed(...of: Parameters<typeof count>): string[] {
  return count(...of).failures.map(({ name }) => name);
}

function count(
  tests: Record<string, string>,
  exitCode: number,
  succeeding: string[] = [],
): ReturnType<typeof countTests> {
  const assertionResults = Object.entries(tests).map(([fullName, status]) => ({
    fullName,
    status,
    failureMessages: status === "failed" ? [`\u001b[31mexpected 1 to be 2\u001b[39m\n  at ${fullName}`] : [],
  }));
  const report: Report = { testResults: [{ assertionResults }] };
  const output = "\u001b[1msaid\u001b[0m\n";
  return countTests({ report, exitCode, output, allowed, succeeds: (command) => succeeding.includes(command) });
}
