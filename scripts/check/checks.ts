import { spawn } from "node:child_process";
import { dashboardSizeProblems } from "./dashboard-size.ts";
import type { Failure } from "../failure.ts";
import { brokenLinks } from "./links.ts";
import { lockFileProblems } from "./lock-file.ts";

/** What a check found wrong: empty when all is well. */
type Check = () => Promise<string>;

const checks: Record<string, Check> = {
  types: command("tsc", "--noEmit"),
  "types of the dashboard": command("tsc", "--noEmit", "-p", "dashboard"),
  lint: command("oxlint"),
  format: command("oxfmt", "--check", "."),
  "dead code": command("knip", "--no-config-hints"),
  "links in docs": async () => (await brokenLinks(".")).join("\n"),
  "size of the dashboard": async () => (await dashboardSizeProblems(".")).join("\n"),
  "lock file": async () => (await lockFileProblems(".")).join("\n"),
};

/** Runs every check, also when one failed, so that one run shows all there is to mend. Prints as it goes. */
export async function runChecks(): Promise<{ passed: number; failures: Failure[] }> {
  const failures: Failure[] = [];
  for (const [name, check] of Object.entries(checks)) {
    const started = performance.now();
    const problems = await check();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (problems === "") {
      console.log(`ok      ${name} (${seconds} s)`);
    } else {
      failures.push({ name, why: problems });
      console.log(`FAILED  ${name} (${seconds} s)`);
    }
  }
  return { passed: Object.keys(checks).length - failures.length, failures };
}

/** A check that runs a command and passes when that exits with 0. */
function command(name: string, ...parameters: string[]): Check {
  return () =>
    new Promise((done) => {
      const child = spawn(name, parameters, { stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.on("error", (error) => done(`could not start ${name}: ${error.message}`));
      child.on("close", (code) => done(code === 0 ? "" : output.trim() || `${name} exited with ${String(code)}`));
    });
}
