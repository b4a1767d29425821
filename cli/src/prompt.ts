import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Context } from "./context.ts";
import { NoTerminalError } from "./errors.ts";

/**
 * Asks a person; the answer, trimmed, or an empty text at the end of input.
 *
 * @throws {NoTerminalError} when nobody is there; `remedy` is the command that needs no answer
 */
export async function ask(context: Context, question: string, remedy: string): Promise<string> {
  if (!context.terminal.canAsk) throw new NoTerminalError(question, remedy);
  // stderr: stdout is data, even where somebody looks at it.
  const readline = createInterface({ input: context.stdin, output: process.stderr, terminal: true });
  const ended = new Promise<string>((resolve) => readline.once("close", () => resolve("")));
  try {
    return (await Promise.race([readline.question(`${question} `), ended])).trim();
  } finally {
    readline.close();
  }
}

/** `ask` for what must not appear on the screen. */
export async function askSecret(context: Context, question: string, remedy: string): Promise<string> {
  if (!context.terminal.canAsk) throw new NoTerminalError(question, remedy);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const readline = createInterface({ input: context.stdin, output: silent, terminal: true });
  const ended = new Promise<string>((resolve) => readline.once("close", () => resolve("")));
  context.terminal.write(`${question} `);
  try {
    return await Promise.race([readline.question(""), ended]);
  } finally {
    readline.close();
    context.terminal.say("");
  }
}
