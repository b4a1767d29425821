import { stripVTControlCharacters } from "node:util";
import { cut, widthOf } from "./render/text.ts";

/** A block of lines that is drawn over itself. */
export interface Screen {
  draw(lines: readonly string[]): void;
  /** The cursor comes back, below what was drawn last. */
  end(): void;
}

export interface ScreenOptions {
  write(text: string): void;
  columns(): number;
  rows(): number;
}

/**
 * Draws in one write, line over line, so that nothing flickers; terminals that know synchronized updates (mode 2026) show each
 * frame whole. What is longer than the terminal is high is cut below, and says so: what has scrolled away can't be drawn over.
 */
export function createScreen({ write, columns, rows }: ScreenOptions): Screen {
  let drawn = 0;
  const restore = (): void => write(showCursor);
  return {
    draw(lines) {
      // The last row stays free for the cursor.
      const shown = fitting(lines, { columns: columns(), rows: Math.max(2, rows() - 1) });
      if (drawn === 0) process.once("exit", restore);
      const up = drawn === 0 ? hideCursor : `\u001b[${drawn}A\r`;
      const text = shown.map((line) => `${line}\u001b[K\n`).join("");
      write(`${beginUpdate}${up}${text}\u001b[J${endUpdate}`);
      drawn = shown.reduce((sum, line) => sum + heightOf(line, columns()), 0);
    },
    end() {
      if (drawn === 0) return;
      process.off("exit", restore);
      restore();
      drawn = 0;
    },
  };
}

const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
const beginUpdate = "\u001b[?2026h";
const endUpdate = "\u001b[?2026l";

function fitting(lines: readonly string[], { columns, rows }: { columns: number; rows: number }): string[] {
  const whole = lines.reduce((sum, line) => sum + heightOf(line, columns), 0);
  if (whole <= rows) return [...lines];
  const shown: string[] = [];
  let used = 0;
  for (const line of lines) {
    used += heightOf(line, columns);
    if (used > rows - 1) break;
    shown.push(line);
  }
  return [...shown, cut(`… and ${lines.length - shown.length} lines more than fit here`, columns - 1)];
}

/** Rows that a line takes: one that is longer than the terminal is wide is wrapped by it. */
function heightOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / columns));
}
