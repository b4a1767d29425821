import type { LogLine, RunDetail } from "@gantry/sdk/api";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { safeJson, safeLine, safeText } from "../render/safe-text.ts";
import { streamOpening } from "../stream-events.ts";

export interface LogsOptions {
  follow?: boolean;
  step?: string;
  tail?: number;
}

/** What an attempt was for: the step's key and the operation. */
interface Source {
  step: string;
  title: string;
}

/** Logs on stdout. Finished ones come step by step; with `--follow` they come as they are written, each line named. */
export async function showLogs(context: Context, run: string, options: LogsOptions): Promise<ExitName> {
  const { terminal } = context;
  const sources = createSources(context, run);
  const detail = await sources.load();
  if (options.step !== undefined && !detail.steps.some(({ key, id }) => key === options.step || id === options.step)) {
    throw new UsageError(`Run ${run} has no step ${JSON.stringify(options.step)}.`, `gantry runs show ${run}`);
  }
  const printer = context.json ? jsonPrinter(context, run) : textPrinter(context, options);
  const abort = new AbortController();
  let detached = false;
  const stopListening = context.onSignals(["SIGINT"], () => {
    detached = true;
    abort.abort();
  });
  try {
    for await (const line of linesOf(context, run, detail, options, abort.signal)) {
      const source = await sources.of(line.attempt);
      if (options.step === undefined || isOfStep(source.step, options.step)) printer.print(line, source);
    }
  } catch (error) {
    if (!detached) throw error;
  } finally {
    printer.end();
    stopListening();
  }
  if (detached) {
    terminal.say(
      `\nDetached. Run ${run} goes on.\n  logs:    gantry runs logs ${run} --follow\n  cancel:  gantry cancel ${run}`,
    );
    return "interrupted";
  }
  return "ok";
}

async function* linesOf(
  context: Context,
  run: string,
  detail: RunDetail,
  options: LogsOptions,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const client = context.client();
  const tail = options.tail === undefined ? {} : { tail: options.tail };
  if (options.follow === true) {
    yield* client.runs.logs(run, { follow: true, ...tail }, { signal });
    return;
  }
  if (options.tail !== undefined && options.step === undefined) {
    yield* client.runs.logs(run, tail, { signal });
    return;
  }
  // Attempt by attempt, so that steps that ran at the same time aren't mixed.
  for (const step of detail.steps) {
    if (options.step !== undefined && !isOfStep(step.key, options.step)) continue;
    for (const { id } of step.attempts) yield* client.runs.logs(run, { attempt: id, ...tail }, { signal });
  }
}

/** A loop's id stands for all its items. */
function isOfStep(key: string, wanted: string): boolean {
  return key === wanted || key.startsWith(`${wanted}[`);
}

interface Printer {
  print(piece: LogLine, source: Source): void;
  end(): void;
}

function jsonPrinter({ terminal }: Context, run: string): Printer {
  terminal.data(safeJson(streamOpening("logs", run)));
  return { print: (piece, { step }) => terminal.data(safeJson({ ...piece, step })), end: () => undefined };
}

/** On a terminal a heading per attempt; in a pipe, and where steps are mixed, each line carries its step. */
function textPrinter({ terminal }: Context, options: LogsOptions): Printer {
  const named = options.step === undefined && (options.follow === true || !terminal.dataIsTerminal);
  const headed = terminal.dataIsTerminal && options.follow !== true;
  let heading: string | undefined;
  const lines = createLines(({ text, stream, step }) => {
    const lead = named ? `${terminal.paintData("dim", safeLine(step))}\t` : "";
    const safe = safeText(text);
    terminal.data(`${lead}${stream === "stderr" ? terminal.paintData("yellow", safe) : safe}`);
  });
  return {
    print(piece, { step, title }) {
      if (headed && heading !== piece.attempt) {
        lines.end();
        terminal.data(`${heading === undefined ? "" : "\n"}${terminal.paintData("bold", safeLine(title))}`);
        heading = piece.attempt;
      }
      lines.add(piece, step);
    },
    end: () => lines.end(),
  };
}

interface Line {
  text: string;
  stream: LogLine["stream"];
  step: string;
}

/** What comes is pieces of output; a line, and an escape sequence in it, may be in two of them. */
function createLines(onLine: (line: Line) => void): { add(piece: LogLine, step: string): void; end(): void } {
  const rests = new Map<string, Line>();
  return {
    add({ attempt, stream, text }, step) {
      const key = `${attempt} ${stream}`;
      const parts = ((rests.get(key)?.text ?? "") + text).split("\n");
      const rest = parts.pop() ?? "";
      for (const part of parts) onLine({ text: part.replace(/\r$/, ""), stream, step });
      if (rest.length > longestRest) onLine({ text: rest, stream, step });
      if (rest === "" || rest.length > longestRest) rests.delete(key);
      else rests.set(key, { text: rest, stream, step });
    },
    end() {
      for (const rest of rests.values()) onLine(rest);
      rests.clear();
    },
  };
}

/** A line of 100 MB isn't held in memory to be shown whole. */
const longestRest = 256 * 1024;

/** Which step an attempt belongs to. Attempts that began after the run was read make it read again. */
function createSources(
  context: Context,
  run: string,
): { load(): Promise<RunDetail>; of(attempt: string): Promise<Source> } {
  const known = new Map<string, Source>();
  const load = async (): Promise<RunDetail> => {
    const detail = await context.client().runs.get(run);
    for (const step of detail.steps) {
      for (const { id, operation, number, host } of step.attempts) {
        known.set(id, { step: step.key, title: `${step.key}: ${operation} ${number}, on ${host}` });
      }
    }
    return detail;
  };
  return {
    load,
    async of(attempt) {
      if (!known.has(attempt)) await load();
      const source = known.get(attempt) ?? { step: attempt, title: attempt };
      known.set(attempt, source);
      return source;
    },
  };
}
