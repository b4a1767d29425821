import type { Context } from "./context.ts";
import { renderLines, renderTable, type Column } from "./render/table.ts";

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
