import { stripVTControlCharacters, styleText } from "node:util";

/** Tells a person what is happening; everything goes to stdout in the order in which it happened. */
export interface Narrator {
  chapter(title: string): void;
  /** What is being done, with the seconds since the demo began. */
  say(text: string): void;
  /** A command as a user would type it. */
  command(line: string): void;
  /** What a command printed. */
  quote(text: string): void;
  /** A line of the report. */
  line(text: string): void;
  verdict(held: boolean, text: string): void;
  /** Milliseconds since the demo began. */
  elapsed(): number;
  readonly width: number;
}

/** Columns that stand before a quoted line. */
export const quoteIndent = 10;

type Style = "bold" | "dim" | "cyan" | "green" | "red";

/** Plain text in a pipe and with NO_COLOR; nothing is said by colour alone. */
export function createNarrator(stdout: NodeJS.WriteStream, columns: number | undefined): Narrator {
  const begun = performance.now();
  const width = Math.max(40, Math.min(columns ?? stdout.columns ?? 80, 100));
  const paint = (style: Style, text: string) => styleText(style, text, { stream: stdout });
  const write = (text: string) => void stdout.write(`${text}\n`);
  const elapsed = () => performance.now() - begun;
  let chapters = 0;
  return {
    width,
    elapsed,
    chapter(title) {
      chapters += 1;
      write(`\n${paint("bold", `${chapters}  ${title}`)}`);
    },
    say: (text) => write(wrap(`${seconds(elapsed()).padStart(6)}  `, text, width)),
    command: (line) => write(paint("cyan", wrap("        $ ", line, width))),
    quote(text) {
      for (const line of stripVTControlCharacters(text).trimEnd().split("\n"))
        write(
          paint("dim", wrap("|".padStart(quoteIndent - 1) + " ", line, width, "|".padStart(quoteIndent - 1) + "   ")),
        );
    },
    line: write,
    verdict(held, text) {
      const label = held ? paint("green", "    ok  ") : paint(["bold", "red"] as never, "FAILED  ");
      const lines = text.split("\n").map((line) => wrap("        ", line, width));
      write(label + lines.join("\n").slice(8));
    },
  };
}

/** `12.3 s` */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** Breaks at spaces; what is longer than a line, such as a path or a digest, is left whole so that it can be copied. */
export function wrap(head: string, text: string, width: number, indent = " ".repeat(head.length)): string {
  // A command's own indentation is its meaning.
  const own = /^ */.exec(text)?.[0] ?? "";
  const lines: string[] = [];
  let line = head + own;
  let isEmpty = true;
  for (const word of text.slice(own.length).split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + own + word;
    } else {
      line += isEmpty ? word : ` ${word}`;
    }
    isEmpty = false;
  }
  return [...lines, line].map((each) => each.trimEnd()).join("\n");
}
