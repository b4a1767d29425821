/**
 * Malformed requests: `npm run test:fuzz` sends 50,000 of them to every route; `-- --requests n` as many, `-- --seed n` the same
 * again. What was answered with a 500, not at all, or otherwise than as a problem is shown with its seed, and exits with 1.
 * The short form is part of `npm test`.
 */
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "50000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000_000)) },
  },
});
console.error(`seed ${values.seed}`);
const child = spawn("vitest", ["run", "tests/integration/api/fuzz.test.ts", "--testTimeout=0"], {
  stdio: "inherit",
  env: { ...process.env, GANTRY_FUZZ_REQUESTS: values.requests, GANTRY_FUZZ_SEED: values.seed },
});
child.on("close", (code) => (process.exitCode = code ?? 1));
