import type { ReactNode } from "react";
import { classNames } from "../../../ui/class-names.ts";

export interface RowColumn<Row> {
  title: string;
  cell(row: Row): ReactNode;
  /** False: a phone has no room for it; it stands in the panel. */
  phone?: boolean;
}

/** A list of settings. The first column opens what the row is about. */
export function Rows<Row>({
  label,
  rows,
  idOf,
  columns,
  onOpen,
  nameOf,
}: {
  label: string;
  rows: readonly Row[];
  idOf(row: Row): string;
  columns: readonly RowColumn<Row>[];
  onOpen?(row: Row): void;
  /** What the first column's button says. */
  nameOf(row: Row): ReactNode;
}) {
  const hidden = ({ phone = true }: RowColumn<Row>): string => (phone ? "" : "max-sm:hidden");
  return (
    <table className="w-full text-left text-sm" aria-label={label}>
      <thead>
        <tr className="text-muted border-line border-b text-xs">
          <th scope="col" className="px-3 py-2 font-medium">
            {label}
          </th>
          {columns.map((column) => (
            <th key={column.title} scope="col" className={classNames("px-3 py-2 font-medium", hidden(column))}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="divide-line divide-y">
        {rows.map((row) => (
          <tr key={idOf(row)} className="hover:bg-hover">
            <th scope="row" className="px-3 py-2 align-top font-normal sm:min-w-48">
              {onOpen === undefined ? (
                <span className="[overflow-wrap:anywhere]">{nameOf(row)}</span>
              ) : (
                <button
                  type="button"
                  onClick={() => onOpen(row)}
                  className="text-accent text-left font-medium [overflow-wrap:anywhere] hover:underline"
                >
                  {nameOf(row)}
                </button>
              )}
            </th>
            {columns.map((column) => (
              <td
                key={column.title}
                className={classNames("px-3 py-2 align-top [overflow-wrap:anywhere] sm:min-w-28", hidden(column))}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
