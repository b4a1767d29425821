import { runChecks } from "./check/checks.ts";
import { runReadme } from "./ci/readme.ts";
import { lastLines, runInto } from "./ci/run.ts";
import { runTests } from "./ci/tests.ts";
import { sayFailures, type Failure } from "./failure.ts";

interface Outcome {
  readonly passed: number;
  readonly skipped?: number;
  readonly failures: readonly Failure[];
}

// What .ci/run runs. Every stage runs, also when an earlier one failed. Only what failed is shown, at the end; all that a
// stage said stands in .cache/ci. The last line sums up. A stage named as the only argument runs alone.
const stages: Record<string, () => Promise<Outcome>> = {
  "npm run check": runChecks,
  "npm test": runTests,
  "npm run test:faults": () => script("fault"),
  "npm run test:mutations": () => script("mutations", green ? ["--green"] : []),
  "README, as a new user": runReadme,
};
/** Faults wait for leases to run out and the README's reader for answers: the rest runs meanwhile, in this order. */
const besides = ["npm run test:faults", "README, as a new user"];
const sum = { passed: 0, skipped: 0 };
const failures: Failure[] = [];
const only = process.argv[2];
/** Every test has passed: mutation tests needn't see that once more. */
let green = false;

if (only === undefined) {
  const aside = Promise.all(besides.map(stage));
  for (const name of Object.keys(stages).filter((one) => !besides.includes(one))) {
    const failed = await stage(name);
    if (name === "npm test") green = failed === 0;
  }
  await aside;
} else await stage(only);
sayFailures(failures);
if (failures.length > 1) console.log(`\n${failures.map(({ name }) => `FAILED: ${name}`).join("\n")}`);
console.log(`\n${sum.passed} passed, ${failures.length} failed, ${sum.skipped} skipped`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** Answers how much failed. */
async function stage(name: string): Promise<number> {
  const run = stages[name];
  if (run === undefined) throw new Error(`There is no stage ${name}; there are ${Object.keys(stages).join(", ")}.`);
  const started = performance.now();
  // A stage that breaks off is a failure among others: what runs beside it goes on.
  const outcome = await run().catch((error: unknown): Outcome => {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { passed: 0, failures: [{ name: `${name} broke off`, why }] };
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  sum.passed += outcome.passed;
  sum.skipped += outcome.skipped ?? 0;
  failures.push(...outcome.failures);
  const counts = `${outcome.passed} passed, ${outcome.failures.length} failed, ${outcome.skipped ?? 0} skipped`;
  console.log(`── ${name}: ${counts} in ${seconds} s`);
  return outcome.failures.length;
}

async function script(folder: string, options: readonly string[] = []): Promise<Outcome> {
  const file = `tests/${folder}/main.ts`;
  const { exitCode, output } = await runInto(`.cache/ci/${folder}.log`, "node", [file, ...options]);
  if (exitCode === 0) return { passed: 1, failures: [] };
  return { passed: 0, failures: [{ name: `${file}: exit code ${exitCode}`, why: lastLines(output, 60) }] };
}
