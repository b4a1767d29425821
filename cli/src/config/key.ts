import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { FileUnreadableError, KeyCommandFailedError } from "../errors.ts";
import type { ServerContext } from "./user-file.ts";

/** A key that is only looked up when it is needed: a command that finds it may ask for a password. */
export interface KeySource {
  origin: string;
  /** @throws {FileUnreadableError} @throws {KeyCommandFailedError} */
  read(): string;
}

/** How long a person may take to unlock a password store. */
const patienceMs = 120_000;

/** Undefined where the context says nothing of a key. */
export function keyOf(
  context: ServerContext,
  origin: string,
  environment: Readonly<Record<string, string | undefined>>,
): KeySource | undefined {
  const { key, keyFile, keyCommand } = context;
  if (key !== undefined) return { origin, read: () => key };
  if (keyFile !== undefined) return { origin: `${keyFile}, by ${origin}`, read: () => readKeyFile(keyFile) };
  if (keyCommand === undefined) return undefined;
  return { origin: `a command, by ${origin}`, read: () => runKeyCommand(keyCommand, origin, environment) };
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new FileUnreadableError(file, (cause as Error).message, { cause });
  }
}

/** Without a shell; what it asks and says goes to the terminal, what it prints is the key. */
function runKeyCommand(
  [program, ...parameters]: readonly [string, ...string[]],
  origin: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  try {
    return execFileSync(program, parameters, {
      encoding: "utf8",
      env: { ...environment },
      stdio: ["inherit", "pipe", "inherit"],
      timeout: patienceMs,
      maxBuffer: 64 * 1024,
    }).trim();
  } catch (cause) {
    const { code, status, signal } = cause as NodeJS.ErrnoException & { status?: number | null; signal?: string };
    const why = code ?? (signal ? `it was ended by ${signal}` : `it exited with ${status ?? "an error"}`);
    // Without what it printed: that may be the key.
    throw new KeyCommandFailedError(program, origin, why === "ENOENT" ? "there is no such program" : why);
  }
}

/** `op read "op://team/gantry key"` as words: blanks part them, quotes keep them together, and nothing is expanded. */
export function wordsOf(command: string): string[] | undefined {
  const pieces = command.match(/"[^"]*"|'[^']*'|[^\s"']+|\s+/g) ?? [];
  if (pieces.join("") !== command) return undefined;
  const words: string[] = [];
  let open = false;
  for (const piece of pieces) {
    if (/^\s/.test(piece)) open = false;
    else {
      const text = /^["']/.test(piece) ? piece.slice(1, -1) : piece;
      if (open) words[words.length - 1] += text;
      else words.push(text);
      open = true;
    }
  }
  return words;
}
