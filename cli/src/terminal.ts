import { styleText } from "node:util";
import { safeJson } from "./render/safe-text.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
/** Colours a text where the stream wants colour; gives it back as it is elsewhere. */
export type Paint = (style: Style | readonly Style[], text: string) => string;

/** The two streams: `data` is what was asked for, `say` is everything else. */
export interface Terminal {
  /** stdout, with a line end added. */
  data(text: string): void;
  /** stdout: one JSON document, indented for a person, one line for a program. */
  json(value: unknown): void;
  /** stderr, with a line end added. */
  say(text: string): void;
  /** stderr as it is: for redrawing. */
  write(text: string): void;
  /** stdout as it is: for redrawing. */
  writeData(text: string): void;
  /** Whether stdout is a terminal: tables, colour. */
  readonly dataIsTerminal: boolean;
  /** Whether stdout is a terminal on which lines can be redrawn. */
  readonly canRedrawData: boolean;
  /** Whether stderr is a terminal on which lines can be redrawn. */
  readonly canRedraw: boolean;
  /** Whether somebody is there who can be asked. */
  readonly canAsk: boolean;
  readonly paintData: Paint;
  readonly paint: Paint;
  /** Columns of stdout or, where that is a pipe, of stderr; `COLUMNS` or 80 where neither is a terminal. */
  columns(): number;
  rows(): number;
}

export interface Stream {
  write(text: string): boolean;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface TerminalOptions {
  stdout: Stream;
  stderr: Stream;
  stdin: { readonly isTTY?: boolean };
  /** `always` and `never` come from FORCE_COLOR and NO_COLOR or `--color`. */
  color: "always" | "never" | "auto";
  /** TERM=dumb: no colour, no redrawing. */
  dumb: boolean;
  /** Where neither stream is a terminal; 80 unless told. */
  width?: number | undefined;
}

export function createTerminal({ stdout, stderr, stdin, color, dumb, width = 80 }: TerminalOptions): Terminal {
  const dataIsTerminal = stdout.isTTY === true;
  const saysToTerminal = stderr.isTTY === true;
  return {
    data: (text) => void stdout.write(`${text}\n`),
    json: (value) => void stdout.write(`${safeJson(value, dataIsTerminal ? 2 : undefined)}\n`),
    say: (text) => void stderr.write(`${text}\n`),
    write: (text) => void stderr.write(text),
    writeData: (text) => void stdout.write(text),
    dataIsTerminal,
    canRedrawData: dataIsTerminal && !dumb,
    canRedraw: saysToTerminal && !dumb,
    canAsk: stdin.isTTY === true && saysToTerminal,
    paintData: painter(color, dataIsTerminal && !dumb),
    paint: painter(color, saysToTerminal && !dumb),
    columns: () => (dataIsTerminal ? stdout.columns : stderr.columns) || width,
    rows: () => (dataIsTerminal ? stdout.rows : stderr.rows) || 24,
  };
}

function painter(color: TerminalOptions["color"], suitable: boolean): Paint {
  const colored = color === "always" || (color === "auto" && suitable);
  return (style, text) =>
    colored && text !== ""
      ? styleText(typeof style === "string" ? style : [...style], text, { validateStream: false })
      : text;
}
