import { existsSync } from "node:fs";
import { runChecks } from "./check/checks.ts";
import { run } from "./ci/run.ts";
import { runTests } from "./ci/tests.ts";
import { runReadme } from "./ci/readme.ts";

interface Counts {
  passed: number;
  failed: number;
  skipped?: number;
}

// What .ci/run runs. Every stage runs, also when an earlier one failed; the last line sums them up.
const stages: Record<string, () => Promise<Counts>> = {
  "npm run check": runChecks,
  "npm test": runTests,
  "npm run test:faults": () => script("tests/fault/main.ts"),
  "npm run test:mutations": () => script("tests/mutations/main.ts"),
  "README, as a new user": runReadme,
};

const sum = { passed: 0, failed: 0, skipped: 0 };
for (const [name, stage] of Object.entries(stages)) {
  console.log(`\n── ${name} ──`);
  const started = performance.now();
  const { passed, failed, skipped = 0 } = await stage();
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`── ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
}
console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed === 0 ? 0 : 1;

async function script(file: string): Promise<Counts> {
  if (!existsSync(file)) {
    console.log(`${file} doesn't exist`);
    return { passed: 0, failed: 0 };
  }
  return (await run("node", [file])) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}
