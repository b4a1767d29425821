import type { ReactNode } from "react";

/** A small table that may be wider than a phone: it scrolls by itself, also by keyboard. */
export function SmallTable({
  label,
  head,
  fixed = false,
  children,
}: {
  label: string;
  head: readonly string[];
  /** Columns of one width, so that the same column stands in the same place of every table. */
  fixed?: boolean;
  children: ReactNode;
}) {
  return (
    <div role="group" aria-label={label} tabIndex={0} className="overflow-x-auto">
      <table className={`w-full text-sm ${fixed ? "min-w-md table-fixed" : ""}`}>
        <thead>
          <tr className="border-line text-muted border-b text-left text-xs">
            {head.map((title, index) => (
              <th key={index} scope="col" className="px-3 py-1.5 font-medium">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-line divide-y align-top">{children}</tbody>
      </table>
    </div>
  );
}
