import { useEffect, useRef, type ReactNode } from "react";
import { useVirtualList } from "./virtual-list.ts";

/** A list of rows of one height, of which only those that are seen are made. It scrolls by itself once it is long. */
export function VirtualRows<Item>({
  items,
  height,
  label,
  keyOf,
  row,
  show,
}: {
  items: readonly Item[];
  /** Of one row, in pixels. */
  height: number;
  label: string;
  keyOf(item: Item): string;
  row(item: Item): ReactNode;
  /** The one to bring into view when this changes. */
  show?: string | undefined;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualList({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    initialRect: { width: 800, height: 600 },
  });
  const latest = useRef({ items, keyOf, rows });
  useEffect(() => {
    latest.current = { items, keyOf, rows };
  });
  useEffect(() => {
    const { items: all, keyOf: key, rows: view } = latest.current;
    const index = show === undefined ? -1 : all.findIndex((item) => key(item) === show);
    if (index >= 0) view.scrollToIndex(index, { align: "auto" });
  }, [show]);
  const long = items.length * height > 560;
  return (
    <div
      ref={scroller}
      className="max-h-[min(70dvh,560px)] overflow-x-hidden overflow-y-auto"
      {...(long ? { tabIndex: 0, role: "region", "aria-label": label } : {})}
    >
      <ul aria-label={label} className="relative" style={{ height: items.length * height }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const item = items[index];
          if (item === undefined) return null;
          return (
            <li
              key={keyOf(item)}
              aria-setsize={items.length}
              aria-posinset={index + 1}
              className="absolute inset-x-0 top-0"
              style={{ height, transform: `translateY(${start}px)` }}
            >
              {row(item)}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
