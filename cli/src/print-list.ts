import type { Context } from "./context.ts";
import type { ExitName } from "./exit-codes.ts";
import { renderLines, renderTable, type Column } from "./render/table.ts";
import { watchView } from "./watch-view.ts";

/**
 * A list on stdout: JSON (`[]` when empty), a table on a terminal, lines with tabs in a pipe. That it is empty is said on
 * stderr, with what to do about it.
 */
export function printList<Row>(
  { terminal, json }: Context,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  whenEmpty: string,
): void {
  if (json) terminal.json(rows);
  else if (rows.length === 0) terminal.say(whenEmpty);
  else if (terminal.dataIsTerminal) terminal.data(renderTable(columns, rows, terminal.columns()));
  else terminal.data(renderLines(columns, rows));
}

export interface List<Row> {
  /** What its stream is called with `--watch --json`. */
  name: string;
  load(signal?: AbortSignal): Promise<readonly Row[]>;
  idOf(row: Row): string;
  columns(rows: readonly Row[]): readonly Column<Row>[];
  whenEmpty: string;
  /** Where the stream of events doesn't tell of every change. */
  everyMs?: number;
  /** The part of a row that is worth a line when it changes; all of it unless told. */
  markOf?(row: Row): unknown;
}

/** `printList`, once or with `--watch` again and again. */
export async function showList<Row>(
  context: Context,
  list: List<Row>,
  { watch = false }: { watch?: boolean },
): Promise<ExitName> {
  const { terminal } = context;
  const { columns, whenEmpty, idOf, markOf = (row) => row } = list;
  if (!watch) {
    const rows = await list.load();
    printList(context, rows, columns(rows), whenEmpty);
    return "ok";
  }
  return watchView<readonly Row[]>(context, {
    stream: list.name,
    load: (signal) => list.load(signal),
    lines: (rows) =>
      rows.length === 0 ? [whenEmpty] : renderTable(columns(rows), rows, terminal.columns() - 1).split("\n"),
    items: (rows) =>
      rows.map((row) => ({
        id: idOf(row),
        data: row,
        text: renderLines(columns(rows), [row]),
        mark: JSON.stringify(markOf(row)),
      })),
    ...(list.everyMs === undefined ? {} : { everyMs: list.everyMs }),
  });
}
