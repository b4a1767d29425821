import type { MouseEvent, ReactNode } from "react";
import { classNames } from "../class-names.ts";

export interface TableRowProps {
  index: number;
  /** Among all rows, the head's included. */
  number: number;
  y: number;
  height: number;
  tracks: string;
  /** Tab leads here. */
  reachable: boolean;
  /** Null: rows can't be selected. */
  selected: boolean | null;
  selectLabel: string;
  onSelect(on: boolean, range: boolean): void;
  onFocus(): void;
  onOpen: (() => void) | undefined;
  cells: readonly { id: string; content: ReactNode }[];
}

export function TableRow(props: TableRowProps) {
  const { index, number, y, height, tracks, reachable, selected, onOpen, cells } = props;
  const onClick = ({ target, button }: MouseEvent): void => {
    // What is to be clicked in the row itself does what it says; marked text is about to be copied.
    if (button !== 0 || (target as HTMLElement).closest("a, button, input, label") !== null) return;
    if (getSelection()?.isCollapsed === false) return;
    onOpen?.();
  };
  return (
    // The grid takes the keys of its rows.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      data-index={index}
      aria-rowindex={number}
      aria-selected={selected ?? undefined}
      tabIndex={reachable ? 0 : -1}
      onFocus={props.onFocus}
      onClick={onClick}
      className={classNames(
        "border-line absolute inset-x-0 top-0 grid items-center border-b outline-offset-[-2px]",
        onOpen !== undefined && "cursor-pointer",
        selected === true ? "bg-info-soft" : "hover:bg-hover",
      )}
      style={{ height, gridTemplateColumns: tracks, transform: `translateY(${y}px)` }}
    >
      {selected !== null && (
        <div role="gridcell" className="h-full">
          <label className="grid h-full cursor-pointer place-items-center">
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label={props.selectLabel}
              checked={selected}
              onChange={() => undefined}
              onClick={(event) => props.onSelect(!selected, event.shiftKey)}
              className="accent-accent size-4"
            />
          </label>
        </div>
      )}
      {cells.map(({ id, content }) => (
        <div key={id} role="gridcell" className="min-w-0 overflow-hidden px-2">
          {content}
        </div>
      ))}
    </div>
  );
}
