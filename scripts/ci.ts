import { existsSync } from "node:fs";
import { runChecks } from "./check/checks.ts";
import { run, runAside } from "./ci/run.ts";
import { runTests } from "./ci/tests.ts";
import { runReadme } from "./ci/readme.ts";

interface Counts {
  passed: number;
  failed: number;
  skipped?: number;
  /** What failed, a line each: repeated at the end, where somebody looks first. */
  failures?: readonly string[];
}

// What .ci/run runs. Every stage runs, also when an earlier one failed; the last line sums them up. A stage named as the
// only argument runs alone.
const stages: Record<string, () => Promise<Counts>> = {
  "npm run check": runChecks,
  "npm test": runTests,
  "npm run test:faults": () => script("tests/fault/main.ts"),
  "npm run test:mutations": () => script("tests/mutations/main.ts", green ? ["--green"] : []),
  "README, as a new user": runReadme,
};
/** Faults wait for leases to run out and the README's reader for answers: the rest runs meanwhile, in this order. */
const besides = ["npm run test:faults", "README, as a new user"];
const sum = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const only = process.argv[2];
/** Every test has passed: mutation tests needn't see that once more. */
let green = false;

if (only === undefined) {
  const asides = besides.map((name) => aside(name));
  for (const name of Object.keys(stages).filter((stage) => !besides.includes(stage))) {
    const failed = await here(name);
    if (name === "npm test") green = failed === 0;
  }
  for (const report of asides) console.log(await report);
} else await here(only);
if (failures.length > 0) console.log(`\n${failures.map((line) => `failed: ${line}`).join("\n")}`);
console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed === 0 ? 0 : 1;

/** Answers how much failed. */
async function here(name: string): Promise<number> {
  const stage = stages[name];
  if (stage === undefined) throw new Error(`There is no stage ${name}; there are ${Object.keys(stages).join(", ")}.`);
  console.log(`\n── ${name} ──`);
  const started = performance.now();
  const { passed, failed, skipped = 0, failures: lines = [] } = await stage();
  add({ passed, failed, skipped });
  failures.push(...(failed > 0 && lines.length === 0 ? [`${name}, see above`] : lines));
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`── ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
  return failed;
}

/** In a process of its own; answers all that it said. */
async function aside(name: string): Promise<string> {
  const { exitCode, output } = await runAside("node", [import.meta.filename, name]);
  const counts = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(output)?.slice(1).map(Number);
  const [passed = 0, failed = 1, skipped = 0] = counts ?? [];
  add({ passed, failed: exitCode !== 0 && failed === 0 ? 1 : failed, skipped });
  failures.push(...[...output.matchAll(/^failed: (.*)$/gm)].map(([, line = ""]) => line));
  if (counts === undefined) failures.push(`${name}, which ended with exit code ${exitCode} before it had counted`);
  return output.replace(/\n[^\n]*\n$/, "");
}

function add({ passed, failed, skipped }: typeof sum): void {
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
}

async function script(file: string, options: readonly string[] = []): Promise<Counts> {
  if (!existsSync(file)) {
    console.log(`${file} doesn't exist`);
    return { passed: 0, failed: 0 };
  }
  const exitCode = await run("node", [file, ...options]);
  if (exitCode === 0) return { passed: 1, failed: 0 };
  return { passed: 0, failed: 1, failures: [`${file}, which ended with exit code ${exitCode}`] };
}
