import { plainStyle, styleBehind, type OutputStyle } from "../../../ui/output.ts";

/** A piece of output as the API gives it: a line may come in several, and several lines in one. */
export interface LogPiece {
  attempt: string;
  stream: "stdout" | "stderr";
  at: string;
  text: string;
}

/** The lines of one attempt in the order in which they began, as columns: most of them are never looked at. */
export interface AttemptLog {
  readonly attempt: string;
  readonly texts: readonly string[];
  readonly styles: Column;
  /** Lines of the error stream. */
  readonly errors: Column;
  /** Unix milliseconds at which the line began. */
  readonly times: Column;
  /** Lines from here on may still grow. */
  settled(): number;
}

export interface LogStore {
  /** In the order in which they first wrote. */
  readonly logs: readonly AttemptLog[];
  readonly lines: number;
  add(piece: LogPiece): void;
}

/** Longer ones are cut into several: nobody reads them, and no browser lays them out in time. */
export const longestLine = 4_000;

/** What was read of a run's log. Lines are not parsed here: who shows one parses it, from the style that it begins with. */
export function createLogStore(): LogStore {
  const logs: AttemptLog[] = [];
  const writers = new Map<string, ReturnType<typeof createAttemptLog>>();
  let lines = 0;
  return {
    logs,
    get lines() {
      return lines;
    },
    add({ attempt, stream, at, text }) {
      let writer = writers.get(attempt);
      if (writer === undefined) {
        writer = createAttemptLog(attempt);
        writers.set(attempt, writer);
        logs.push(writer.log);
      }
      const before = writer.log.texts.length;
      writer.add(stream, Date.parse(at), text);
      lines += writer.log.texts.length - before;
    },
  };
}

/** The last line of a stream while no line end has come. */
interface Open {
  /** Index of the line, or -1. */
  line: number;
  style: OutputStyle;
}

function createAttemptLog(attempt: string) {
  const texts: string[] = [];
  const styles = createColumn((size) => new Uint16Array(size));
  const errors = createColumn((size) => new Uint32Array(size));
  const times = createColumn((size) => new Float64Array(size));
  const open: Record<LogPiece["stream"], Open> = {
    stdout: { line: -1, style: plainStyle },
    stderr: { line: -1, style: plainStyle },
  };
  const log: AttemptLog = {
    attempt,
    texts,
    styles,
    errors,
    times,
    settled: () => {
      const growing = [open.stdout.line, open.stderr.line].filter((line) => line >= 0);
      return Math.min(texts.length, ...growing);
    },
  };

  /** A part of a line; `ends` when a line end follows it. */
  const put = (stream: LogPiece["stream"], at: number, part: string, ends: boolean): void => {
    const state = open[stream];
    let left = ends && part.endsWith("\r") ? part.slice(0, -1) : part;
    do {
      if (state.line < 0) {
        if (left === "" && !ends) return;
        state.line = texts.push("") - 1;
        styles.push(state.style);
        if (stream === "stderr") errors.push(state.line);
        times.push(at);
      }
      const before = texts[state.line] ?? "";
      const taken = cut(left, longestLine - before.length);
      // Its last part may have ended in the \r of this line end.
      const text = before + taken;
      texts[state.line] = ends && left === "" && text.endsWith("\r") ? text.slice(0, -1) : text;
      left = left.slice(taken.length);
      if (left !== "" || ends) {
        state.style = styleBehind(text, styles.at(state.line));
        state.line = -1;
      }
    } while (left !== "");
  };

  return {
    log,
    add(stream: LogPiece["stream"], at: number, text: string): void {
      let from = 0;
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
        put(stream, at, text.slice(from, end), true);
        from = end + 1;
      }
      if (from < text.length) put(stream, at, text.slice(from), false);
    },
  };
}

/** At most so many characters, and no half of a pair. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

type Numbers = Uint16Array | Uint32Array | Float64Array;

/** Numbers that become more. */
export interface Column {
  readonly length: number;
  at(index: number): number;
  push(value: number): void;
}

export function createColumn<Values extends Numbers>(make: (size: number) => Values): Column {
  let values = make(256);
  let length = 0;
  return {
    get length() {
      return length;
    },
    at: (index) => (index < length ? (values[index] ?? 0) : 0),
    push(value) {
      if (length === values.length) {
        const wider = make(length * 2);
        wider.set(values);
        values = wider;
      }
      values[length] = value;
      length += 1;
    },
  };
}
