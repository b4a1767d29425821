/**
 * `npm run evals` puts questions to the agents that think, through the whole product, and says which answers are good. A scripted provider behind a
 * socket answers; with GANTRY_LIVE_MODELS=1 it is the first real one whose key is set. Exits with 1 when a case fails.
 */
import { runEvals, type EvalResult } from "./run.ts";
import type { Live } from "./stage.ts";

/** Where each provider's own tools look for its key. */
const keys = {
  anthropic: "ANTHROPIC_API_KEY",
  openai: "OPENAI_API_KEY",
  google: "GEMINI_API_KEY",
  mistral: "MISTRAL_API_KEY",
  groq: "GROQ_API_KEY",
} as const;

const live = process.env["GANTRY_LIVE_MODELS"] === "1" ? firstKey() : null;
if (live === undefined) {
  console.error(
    `GANTRY_LIVE_MODELS=1 asks a real model, which needs a key: set one of ${Object.values(keys).join(", ")}.`,
  );
  process.exitCode = 2;
} else {
  const results = await runEvals(live);
  console.log(`${live?.provider ?? "scripted answers"}\n`);
  for (const result of results) console.log(lineOf(result));
  const failed = results.filter(({ problems }) => (problems?.length ?? 0) > 0).length;
  console.log(
    failed === 0 ? `\nall ${results.length} cases are good` : `\n${failed} of ${results.length} cases failed`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}

function firstKey(): Live | undefined {
  for (const [provider, variable] of Object.entries(keys)) {
    const key = process.env[variable];
    if (key !== undefined && key !== "") return { provider, key };
  }
  return undefined;
}

function lineOf({ agent, name, problems, turns, tokens, micros, ms }: EvalResult): string {
  const state = problems === null ? "skip" : problems.length === 0 ? "ok  " : "FAIL";
  const spent = `${turns} turns, ${tokens} tokens, $${(micros / 1e6).toFixed(4)}, ${(ms / 1000).toFixed(1)} s`;
  const why = (problems ?? ["a program that it needs isn't installed"]).map((one) => `\n       ${one}`).join("");
  return `${state} ${agent.padEnd(10)} ${name} (${spent})${why}`;
}
