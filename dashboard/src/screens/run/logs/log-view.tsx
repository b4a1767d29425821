import { useCallback, useLayoutEffect, useState } from "react";
import { Button } from "../../../ui/button.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useFollow } from "../../../ui/use-follow.ts";
import { useGoToRow } from "../../../ui/use-go-to-row.ts";
import type { Attempts } from "./attempts-of.ts";
import { LogHeading, LogLineRow } from "./log-row.tsx";
import type { LogRows } from "./log-rows.ts";
import type { Match } from "./log-search.ts";
import { texts } from "./texts.ts";
import { useAnchor } from "./use-anchor.ts";
import { useVirtualList } from "../../../ui/virtual-list.ts";

export interface LogViewProps {
  rows: LogRows;
  version: number;
  lines: number;
  /** Where nothing more comes the reader begins at the top. */
  ended: boolean;
  /** Everything that was there has been read; what comes now is new. */
  settled: boolean;
  wraps: boolean;
  needle: string;
  attempts: Attempts;
  folded: ReadonlySet<string>;
  onFold(attempt: string): void;
  selected: Match | null;
  onSelect(match: Match): void;
}

const rowPx = 20;

/** The rows that fit the window, of as many as there are. */
export function LogView({ rows, version, lines, ended, settled, wraps, ...props }: LogViewProps) {
  const said = useTexts(texts);
  const { selected } = props;
  const follow = useFollow(selected === null && !ended);
  const { scroller } = follow;
  const virtualizer = useVirtualList({
    count: rows.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    getItemKey: useCallback((index: number) => rows.keyOf(index), [rows]),
    overscan: 10,
  });

  // Other heights, other places.
  useLayoutEffect(() => virtualizer.measure(), [wraps, virtualizer]);

  const newLines = useNewLines(lines, follow.following || !settled);
  const keepPlace = useAnchor({ scroller, virtualizer, rows, version, wraps, holds: !follow.following });

  const index = selected === null ? -1 : rowOf(rows, selected);
  useGoToRow({
    wanted: selected === null ? "" : `${selected.attempt}:${selected.line}`,
    index,
    count: rows.count,
    settled,
    align: rows.at(index)?.line === null ? "start" : "center",
    virtualizer,
    scroller,
    onGo: follow.stop,
  });

  return (
    <div className="border-line bg-sunken relative overflow-hidden rounded-md border">
      <div
        ref={scroller}
        onScroll={() => {
          follow.onScroll();
          keepPlace();
        }}
        role="region"
        aria-label={said.log}
        tabIndex={0}
        className="h-[68dvh] min-h-64 overflow-auto overscroll-contain max-lg:h-[54dvh] max-lg:overscroll-auto font-mono text-xs [overflow-anchor:none]"
      >
        <div className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ key, index: at, start }) => {
            const row = rows.at(at);
            if (row === null) return null;
            const { log, line } = row;
            return (
              <div
                key={String(key)}
                data-index={at}
                ref={wraps ? virtualizer.measureElement : undefined}
                className={
                  wraps || line === null
                    ? "absolute top-0 left-0 w-full [contain:layout_style]"
                    : "absolute top-0 left-0 w-max min-w-full [contain:layout_style]"
                }
                style={{ transform: `translateY(${start}px)` }}
              >
                {line === null ? (
                  <LogHeading
                    log={log}
                    about={props.attempts.of(log.attempt)}
                    folded={props.folded.has(log.attempt)}
                    onFold={() => props.onFold(log.attempt)}
                  />
                ) : (
                  <LogLineRow
                    log={log}
                    line={line}
                    text={log.texts[line] ?? ""}
                    wraps={wraps}
                    needle={props.needle}
                    selected={selected?.attempt === log.attempt && selected.line === line}
                    onSelect={props.onSelect}
                  />
                )}
              </div>
            );
          })}
        </div>
      </div>
      {!follow.following && !ended && (
        <div className="absolute right-3 bottom-3">
          <Button small kind={newLines > 0 ? "primary" : "plain"} onClick={follow.start}>
            {newLines > 0 ? said.newLines(newLines) : said.follow}
          </Button>
        </div>
      )}
    </div>
  );
}

/** Without a line it is the heading. */
function rowOf(rows: LogRows, { attempt, line }: Match): number {
  return line < 0 ? rows.headingOf(attempt) : rows.indexOf(attempt, line);
}

/** Lines that came since the reader stopped following. */
function useNewLines(lines: number, seen: boolean): number {
  const [before, setBefore] = useState<number | null>(null);
  if (seen && before !== null) setBefore(null);
  if (!seen && before === null) setBefore(lines);
  return seen || before === null ? 0 : lines - before;
}
