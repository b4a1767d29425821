import { Icon } from "../icon.tsx";
import { useTexts } from "../texts.ts";
import { ariaSort, nextSort, type DataColumn } from "./columns.ts";

export interface Selection {
  ids: ReadonlySet<string>;
  onChange(ids: ReadonlySet<string>): void;
}

export function TableHead<Row>({
  headers,
  columns,
  tracks,
  sort = "",
  onSort,
  selection,
  ids,
}: {
  headers: readonly string[];
  columns: readonly DataColumn<Row>[];
  tracks: string;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
  selection: Selection | undefined;
  ids: readonly string[];
}) {
  const said = useTexts(texts);
  const chosen = selection === undefined ? 0 : ids.filter((id) => selection.ids.has(id)).length;
  return (
    <div role="rowgroup" className="bg-surface border-line sticky top-12 z-10 border-b">
      <div role="row" aria-rowindex={1} className="grid min-h-9 items-center" style={{ gridTemplateColumns: tracks }}>
        {selection !== undefined && (
          <div role="columnheader" className="grid place-items-center">
            <input
              type="checkbox"
              aria-label={said.all}
              className="accent-accent size-4"
              disabled={ids.length === 0}
              checked={chosen > 0 && chosen === ids.length}
              ref={(input) => {
                if (input !== null) input.indeterminate = chosen > 0 && chosen < ids.length;
              }}
              onChange={({ target }) => selection.onChange(new Set(target.checked ? ids : []))}
            />
          </div>
        )}
        {headers.map((id) => {
          const column = columns.find((one) => one.id === id);
          if (column === undefined) return null;
          const { sort: sorts, title } = column;
          if (sorts === undefined || onSort === undefined)
            return (
              <div key={id} role="columnheader" className="text-muted truncate px-2 text-xs font-medium">
                {title}
              </div>
            );
          const state = ariaSort(sort, sorts.by);
          return (
            <div key={id} role="columnheader" aria-sort={state} className="min-w-0 px-1">
              <button
                type="button"
                onClick={() => onSort(nextSort(sort, sorts))}
                className="text-muted hover:text-text hover:bg-hover flex min-h-7 max-w-full items-center gap-1 rounded-sm px-1 text-xs font-medium"
              >
                <span className="truncate">{title}</span>
                {state !== "none" && <Icon name={state === "ascending" ? "up" : "down"} />}
              </button>
            </div>
          );
        })}
      </div>
    </div>
  );
}

const texts = { en: { all: "Select all rows that are loaded" } };
