/**
 * A table of any length: only the rows that are seen are in the page, which itself scrolls. Sorting and filtering is the server's; here
 * are rows, columns, selection and keys. On a phone each row is a card.
 */
import { tableFeatures, useTable, type ColumnDef } from "@tanstack/react-table";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useTexts } from "../texts.ts";
import { useWidth } from "../use-width.ts";
import { between, rowAfterKey, type DataColumn } from "./columns.ts";
import { TableHead, type Selection } from "./head.tsx";
import { TableRow } from "./row.tsx";
import { useVirtualPage } from "../virtual-list.ts";

export type { DataColumn } from "./columns.ts";
export type { Selection } from "./head.tsx";

export interface DataTableProps<Row> {
  /** What the table is of, for who can't see it. */
  label: string;
  columns: readonly DataColumn<Row>[];
  rows: readonly Row[];
  idOf(row: Row): string;
  /** In words, for the row's checkbox. */
  nameOf(row: Row): string;
  /** The row on a phone. */
  card(row: Row): ReactNode;
  /** Enter, and a click beside links. */
  onOpen?(row: Row): void;
  sort?: string;
  onSort?(sort: string): void;
  selection?: Selection;
  /** There are more rows than these. */
  more?: boolean;
  /** The last rows are about to be seen. */
  onEnd?(): void;
}

const features = tableFeatures({});
const phone = 768;
const heights = { row: 38, card: 76 };

export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { label, columns, rows, idOf, selection, more = false, onEnd } = props;
  const said = useTexts(texts);
  const width = useWidth();
  const asCards = width < phone;
  const shown = useMemo(() => columns.filter(({ from = 0 }) => width >= from), [columns, width]);
  const table = useTable({
    features,
    data: rows,
    getRowId: idOf,
    columns: useMemo(
      () =>
        shown.map(({ id, title, cell }): ColumnDef<typeof features, Row> => ({
          id,
          header: title,
          cell: ({ row }) => cell(row.original),
        })),
      [shown],
    ),
  });
  const all = table.getRowModel().rows;

  const body = useRef<HTMLDivElement>(null);
  const top = useTopOf(body);
  const height = asCards ? heights.card : heights.row;
  const virtualizer = useVirtualPage({
    count: all.length,
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => all[index]?.id ?? index,
  });
  useLayoutEffect(() => virtualizer.measure(), [height, virtualizer]);
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= all.length - 30) onEnd?.();
  }, [more, last, all.length, onEnd]);

  const [active, setActive] = useState(0);
  const anchor = useRef<string | null>(null);
  const select = (id: string, on: boolean, range: boolean): void => {
    if (selection === undefined) return;
    const ids = new Set(selection.ids);
    const chosen =
      range && anchor.current !== null
        ? between(
            all.map((row) => row.id),
            anchor.current,
            id,
          )
        : [id];
    for (const one of chosen)
      if (on) ids.add(one);
      else ids.delete(one);
    anchor.current = id;
    selection.onChange(ids);
  };

  // The row that the Tab key leads to is always one that is there.
  const first = items[0]?.index ?? 0;
  const reachable = Math.max(first, Math.min(last, active));
  const goTo = (index: number): void => {
    setActive(index);
    virtualizer.scrollToIndex(index);
    // It may have to be drawn first.
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    const index = Number(target.dataset["index"]);
    const row = target.dataset["index"] === undefined ? undefined : all[index];
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = rowAfterKey(event.key, index, all.length);
    if (to !== null) {
      goTo(to);
      if (event.shiftKey && event.key.startsWith("Arrow")) select(all[to]?.id ?? row.id, true, true);
    } else if (event.key === " " && selection !== undefined) select(row.id, !selection.ids.has(row.id), event.shiftKey);
    else if (event.key === "Enter" && props.onOpen !== undefined) props.onOpen(row.original);
    else return;
    event.preventDefault();
  };

  const tracks = [...(selection === undefined ? [] : ["2.25rem"]), ...shown.map((one) => one.width)].join(" ");
  return (
    <div
      role="grid"
      tabIndex={-1}
      aria-label={label}
      aria-rowcount={more ? -1 : all.length + (asCards ? 0 : 1)}
      aria-multiselectable={selection !== undefined}
      className="text-sm"
      onKeyDown={onKeyDown}
    >
      {!asCards && (
        <TableHead
          headers={table.getHeaderGroups().flatMap((group) => group.headers.map(({ id }) => id))}
          columns={shown}
          tracks={tracks}
          sort={props.sort}
          onSort={props.onSort}
          selection={selection}
          ids={all.map((row) => row.id)}
        />
      )}
      <div ref={body} role="rowgroup" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = all[index];
          if (row === undefined) return null;
          return (
            <TableRow
              key={row.id}
              index={index}
              number={index + (asCards ? 1 : 2)}
              y={start - top}
              height={height}
              tracks={asCards ? (selection === undefined ? "minmax(0, 1fr)" : "2.25rem minmax(0, 1fr)") : tracks}
              reachable={index === reachable}
              selected={selection === undefined ? null : selection.ids.has(row.id)}
              selectLabel={said.select(props.nameOf(row.original))}
              onSelect={(on, range) => select(row.id, on, range)}
              onFocus={() => setActive(index)}
              onOpen={props.onOpen === undefined ? undefined : () => props.onOpen?.(row.original)}
              cells={
                asCards
                  ? [{ id: "card", content: props.card(row.original) }]
                  : row.getAllCells().map((cell) => ({ id: cell.id, content: <table.FlexRender cell={cell} /> }))
              }
            />
          );
        })}
      </div>
    </div>
  );
}

/** How far down the page it begins; looked at anew when what stands above may have grown. */
function useTopOf(element: { current: HTMLElement | null }): number {
  const [top, setTop] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const rect = element.current?.getBoundingClientRect();
      if (rect !== undefined) setTop(Math.round(rect.top + window.scrollY));
    });
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return top;
}

const texts = { en: { select: (name: string) => `Select ${name}` } };
