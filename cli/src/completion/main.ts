import { answer } from "./answer.ts";

/** Long enough for a server on the other side of the world, short enough for somebody who waits for a key. */
const usualPatienceMs = 1_500;

// `gantry __complete [--patience=<ms>] <shell> …`, as the shells' scripts call it.
const [first = "", ...others] = process.argv.slice(3);
const [, patience] = /^--patience=(\d+)$/.exec(first) ?? [];
const patienceMs = patience === undefined ? usualPatienceMs : Number(patience);

// A shell waits for this: whatever hangs, it doesn't.
setTimeout(() => process.exit(0), 2 * patienceMs).unref();
process.stdout.on("error", () => process.exit(0));
try {
  const lines = await answer(patience === undefined ? [first, ...others] : others, patienceMs);
  process.stdout.write(lines.map((line) => `${line}\n`).join(""), () => process.exit(0));
} catch {
  process.exit(0);
}
