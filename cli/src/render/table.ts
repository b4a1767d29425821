import { safeLine } from "./safe-text.ts";
import { cut, hanging, padEnd, widthOf } from "./text.ts";

export interface Column<Row> {
  title: string;
  /** The value in full; for a pipe and for `--json` readers who cut by tab. */
  text: (row: Row) => string;
  /** What a person sees instead, where that is shorter. */
  short?: (row: Row) => string;
  paint?: (row: Row, text: string) => string;
  /** The order in which columns go below their row when narrowing isn't enough: the highest first. 0 stays whole. */
  give?: number;
  /** Never narrowed: somebody will copy it. */
  whole?: true;
}

/**
 * Aligned columns that fit `width`. What finds no place beside the others stands below its row, in full:
 *
 *     RUN            STATUS
 *     01a1ff34-ee11  succeeded
 *       goal: Deploy the shop
 */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  const cells = rows.map((row) => columns.map((column) => safeLine((column.short ?? column.text)(row))));
  const widths = fit(
    columns.map((column, index) => ({
      give: column.give ?? 0,
      natural: Math.max(widthOf(column.title), ...cells.map((line) => widthOf(line[index] ?? ""))),
      least: column.whole === true ? Number.POSITIVE_INFINITY : widthOf(column.title),
    })),
    width,
  );
  const shown = columns.map((_, index) => index).filter((index) => (widths[index] ?? 0) > 0);
  const below = columns.map((_, index) => index).filter((index) => !shown.includes(index));
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
    ...cells.flatMap((texts, row) => [
      line(texts, (index, text) => columns[index]?.paint?.(rows[row] as Row, text) ?? text),
      ...below
        .filter((index) => texts[index] !== "")
        .flatMap((index) => hanging(`  ${(columns[index]?.title ?? "").toLowerCase()}: `, texts[index] ?? "", width)),
    ]),
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

/** Widths within the terminal: the widest narrows first, down to 8 columns or its title; then a column goes below (0). */
function fit(wishes: readonly Wish[], width: number): number[] {
  const givers = wishes.map((_, index) => index).filter((index) => (wishes[index]?.give ?? 0) > 0);
  const leaving = givers.toSorted((a, b) => (wishes[b]?.give ?? 0) - (wishes[a]?.give ?? 0));
  for (let gone = 0; ; gone += 1) {
    const below = leaving.slice(0, gone);
    const widths = narrow(wishes, below, width);
    if (widths !== undefined) return widths;
    // Nothing more can leave: too wide it is.
    if (gone === leaving.length) return wishes.map(({ natural }, index) => (below.includes(index) ? 0 : natural));
  }
}

/** Undefined: even at their narrowest they don't fit. */
function narrow(wishes: readonly Wish[], below: readonly number[], width: number): number[] | undefined {
  const widths = wishes.map(({ natural }, index) => (below.includes(index) ? 0 : natural));
  const shown = widths.filter((one) => one > 0);
  let excess = shown.reduce((sum, one) => sum + one, 0) + 2 * (shown.length - 1) - width;
  for (; excess > 0; excess -= 1) {
    const [widest] = wishes
      .map((wish, index) => ({ ...wish, index, width: widths[index] ?? 0 }))
      .filter((one) => one.give > 0 && one.width > Math.max(8, one.least))
      .toSorted((a, b) => b.width - a.width);
    if (widest === undefined) return undefined;
    widths[widest.index] = widest.width - 1;
  }
  return widths;
}
