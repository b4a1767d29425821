import { safeLine } from "./safe-text.ts";
import { cut, padEnd, widthOf } from "./text.ts";

export interface Column<Row> {
  title: string;
  /** The value in full; for a pipe and for `--json` readers who cut by tab. */
  text: (row: Row) => string;
  /** What a person sees instead, where that is shorter. */
  short?: (row: Row) => string;
  paint?: (row: Row, text: string) => string;
  /** The order in which columns are left out when narrowing isn't enough: the highest first. 0 stays whole. */
  give?: number;
}

/** Aligned columns that fit `width`. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  const cells = rows.map((row) => columns.map((column) => safeLine((column.short ?? column.text)(row))));
  const widths = fit(
    columns.map((column, index) => ({
      give: column.give ?? 0,
      natural: Math.max(widthOf(column.title), ...cells.map((line) => widthOf(line[index] ?? ""))),
      least: widthOf(column.title),
    })),
    width,
  );
  const shown = columns.map((_, index) => index).filter((index) => (widths[index] ?? 0) > 0);
  const line = (texts: readonly string[], paint: (index: number, text: string) => string): string =>
    shown
      .map((index, position) => {
        const text = cut(texts[index] ?? "", widths[index] ?? 0);
        return paint(index, position === shown.length - 1 ? text : padEnd(text, widths[index] ?? 0));
      })
      .join("  ")
      .trimEnd();
  const titles = columns.map((column) => column.title);
  return [
    line(titles, (_, text) => text),
    ...cells.map((texts, row) => line(texts, (index, text) => columns[index]?.paint?.(rows[row] as Row, text) ?? text)),
  ].join("\n");
}

/** A line per row, a tab between values, nothing cut and no heading: for `cut`, `awk` and `while read`. */
export function renderLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return rows.map((row) => columns.map((column) => safeLine(column.text(row))).join("\t")).join("\n");
}

interface Wish {
  give: number;
  natural: number;
  least: number;
}

/** Widths within the terminal: the widest narrows first, down to 8 columns or its title; then columns are left out (0). */
function fit(wishes: readonly Wish[], width: number): number[] {
  const widths = wishes.map(({ natural }) => natural);
  const excess = (): number => {
    const shown = widths.filter((one) => one > 0);
    return shown.reduce((sum, one) => sum + one, 0) + 2 * (shown.length - 1) - width;
  };
  const givers = wishes.map((wish, index) => ({ ...wish, index })).filter(({ give }) => give > 0);
  const spare = ({ index, least }: { index: number; least: number }): boolean =>
    (widths[index] ?? 0) > Math.max(8, least);
  while (excess() > 0) {
    const widest = givers.filter(spare).toSorted((a, b) => (widths[b.index] ?? 0) - (widths[a.index] ?? 0))[0];
    if (widest === undefined) break;
    widths[widest.index] = (widths[widest.index] ?? 0) - 1;
  }
  for (const { index } of givers.toSorted((a, b) => b.give - a.give)) if (excess() > 0) widths[index] = 0;
  return widths;
}
