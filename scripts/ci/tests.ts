import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import type { Failure } from "../failure.ts";
import { lastLines, runInto } from "./run.ts";

/** vitest's JSON report, as far as it is read here. */
export interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      /** With the stack of each. */
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** A skip that is no failure, unless the machine has what the test waits for. */
export interface AllowedSkip {
  /** Regular expression on the test's full name. */
  readonly test: string;
  /** Shell command that succeeds where the test must run. */
  readonly unless: string;
  readonly reason: string;
}

interface Outcome {
  readonly passed: number;
  readonly skipped: number;
  /** One line per skip that is allowed. */
  readonly remarks: readonly string[];
  /** By the full name of a test, or what else is wrong. */
  readonly failures: readonly Failure[];
}

/** Runs `npm test`'s command and counts its tests. */
export async function runTests(): Promise<Outcome> {
  const file = ".cache/ci/tests.json";
  await mkdir(".cache/ci", { recursive: true });
  await rm(file, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  // Nobody leafs through pages about a thousand files there.
  const parameters = ["run", "--coverage", "--coverage.reporter=text-summary", ...reporters];
  const { exitCode, output } = await runInto(".cache/ci/tests.log", "vitest", parameters);
  const report = existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as Report) : { testResults: [] };
  const allowed = JSON.parse(await readFile(".ci/allowed-skips.json", "utf8")) as AllowedSkip[];
  const outcome = countTests({ report, exitCode, output, allowed, succeeds });
  for (const remark of outcome.remarks) console.log(remark);
  return outcome;
}

/** Counts a report: a skip that isn't allowed is a failure, and so is a run that failed though no test did. */
export function countTests(of: {
  report: Report;
  exitCode: number;
  /** What vitest said. */
  output: string;
  allowed: readonly AllowedSkip[];
  succeeds: (command: string) => boolean;
}): Outcome {
  const tests = of.report.testResults.flatMap((file) => file.assertionResults);
  const remarks: string[] = [];
  const failures: Failure[] = tests
    .filter(({ status }) => status === "failed")
    .map(({ fullName, failureMessages }) => ({ name: fullName, why: beginning(failureMessages?.join("\n") ?? "") }));
  let skipped = 0;
  for (const { fullName, status } of tests) {
    if (status === "passed" || status === "failed") continue;
    const reason = of.allowed.find((skip) => new RegExp(skip.test, "i").test(fullName) && !of.succeeds(skip.unless));
    if (reason) {
      skipped++;
      remarks.push(`skipped: ${fullName}: ${reason.reason}`);
    } else failures.push({ name: fullName, why: "It was skipped without a reason." });
  }
  if (of.exitCode !== 0 && !tests.some(({ status }) => status === "failed")) {
    const name = "vitest ended with an error that belongs to no test: coverage, or a file that didn't load";
    failures.push({ name, why: lastLines(of.output, 60) });
  }
  const passed = tests.filter(({ status }) => status === "passed").length;
  return { passed, skipped, remarks, failures };
}

/** What is wrong and where: a page's whole content may be in a message. */
function beginning(message: string): string {
  const lines = stripVTControlCharacters(message).split("\n").slice(0, 20);
  return lines.map((line) => (line.length > 300 ? `${line.slice(0, 300)}…` : line)).join("\n");
}

function succeeds(command: string): boolean {
  return spawnSync("sh", ["-c", command], { stdio: "ignore" }).status === 0;
}
