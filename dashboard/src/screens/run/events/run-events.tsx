import { useDeferredValue, useLayoutEffect, useMemo, useState } from "react";
import { Button } from "../../../ui/button.tsx";
import { Command } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { inputLook } from "../../../ui/field.tsx";
import { usePhone } from "../../../ui/media.ts";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useFollow } from "../../../ui/use-follow.ts";
import { useIdleWork } from "../../../ui/use-idle-work.ts";
import { useVersion } from "../../../ui/use-version.ts";
import type { OutputProps } from "../output/search.ts";
import { createEventFilter } from "./event-filter.ts";
import { EventRow } from "./event-row.tsx";
import { texts } from "./texts.ts";
import { useEventList } from "./use-event-list.ts";
import { useGoToRow } from "../../../ui/use-go-to-row.ts";
import { useTyped } from "../../../ui/use-typed.ts";
import { useVirtualList } from "../../../ui/virtual-list.ts";

/** Everything that happened to the run, in order, each thing once, as it happens. */
export function RunEvents(props: OutputProps) {
  return <History key={props.run} {...props} />;
}

function History({ run, search, onSearch }: OutputProps) {
  const said = useTexts(texts);
  const { list, version } = useEventList(run);
  const { events } = list;
  const narrowed = useNarrowed(events, version, search.narrow ?? "");
  const count = narrowed === null ? events.length : narrowed.length;
  const placeAt = (row: number): number => (narrowed === null ? row : (narrowed[row] ?? -1));
  const finder = useTyped(search.narrow ?? "", (text) => onSearch({ narrow: text === "" ? undefined : text }));
  const state = list.state();

  const narrow = usePhone();
  const follow = useFollow(search.event === undefined);
  const { scroller } = follow;
  const virtualizer = useVirtualList({
    count,
    getScrollElement: () => scroller.current,
    // As tall as closed rows are: all that is drawn first stands where it stays.
    estimateSize: () => (narrow ? 41 : 29),
    getItemKey: placeAt,
    overscan: 8,
  });
  useLayoutEffect(() => virtualizer.measure(), [narrow, virtualizer]);
  const newEvents = useNewEvents(events.length, follow.following || state === "reading");

  const first = events[0]?.seq ?? 1;
  const wanted = search.event;
  const stayAt = useGoToRow({
    wanted: String(wanted ?? ""),
    index: wanted === undefined || narrowed !== null ? -1 : list.placeOf(wanted),
    count,
    settled: state !== "reading",
    virtualizer,
    scroller,
    onGo: follow.stop,
  });

  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <input
          type="search"
          aria-label={said.narrow}
          placeholder={said.narrow}
          className={`${inputLook} max-w-80`}
          value={finder.text}
          onChange={({ target }) => finder.change(target.value)}
        />
        <span role="status" className="text-muted text-xs">
          {said.count(count, events.length)}, {said.states[state]}
        </span>
      </div>
      {state === "failed" && (
        <div className="flex flex-col items-start gap-2">
          <ErrorNotice error={list.error()} />
          <Button small onClick={() => list.refresh()}>
            {said.again}
          </Button>
        </div>
      )}
      {first > 1 && <Notice tone="info">{said.purged(first)}</Notice>}
      {count === 0 && narrowed !== null ? (
        <EmptyState title={said.none} />
      ) : (
        <div className="border-line bg-surface relative overflow-hidden rounded-md border">
          <div
            ref={scroller}
            onScroll={follow.onScroll}
            role="region"
            aria-label={said.history}
            tabIndex={0}
            className="h-[68dvh] min-h-64 overflow-x-hidden overflow-y-auto overscroll-contain max-lg:h-[54dvh] max-lg:overscroll-auto text-sm [overflow-anchor:none]"
          >
            <div className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
              {virtualizer.getVirtualItems().map(({ key, index, start }) => {
                const event = events[placeAt(index)];
                if (event === undefined) return null;
                const open = event.seq === search.event;
                return (
                  <div
                    key={String(key)}
                    data-index={index}
                    ref={virtualizer.measureElement}
                    className="absolute top-0 left-0 w-full [contain:layout_style]"
                    style={{ transform: `translateY(${start}px)` }}
                  >
                    <EventRow
                      event={event}
                      open={open}
                      onToggle={() => {
                        stayAt(String(event.seq));
                        follow.stop();
                        onSearch({ event: open ? undefined : event.seq });
                      }}
                    />
                  </div>
                );
              })}
            </div>
          </div>
          {!follow.following && events.at(-1)?.type !== "run.finished" && (
            <div className="absolute right-3 bottom-3">
              <Button small kind={newEvents > 0 ? "primary" : "plain"} onClick={follow.start}>
                {newEvents > 0 ? said.newEvents(newEvents) : said.follow}
              </Button>
            </div>
          )}
        </div>
      )}
      <Command label={said.commandLine}>{`npx gantry runs watch ${run} --json`}</Command>
    </div>
  );
}

/** Places of the events that are shown; null: all. */
function useNarrowed(events: Parameters<typeof createEventFilter>[0], version: number, wanted: string) {
  const needle = useDeferredValue(wanted);
  const filter = useMemo(() => (needle === "" ? null : createEventFilter(events, needle)), [events, needle]);
  const [, changed] = useVersion();
  useIdleWork(
    (isLate) => {
      if (filter === null) return true;
      const before = filter.places.length;
      const done = filter.advance(isLate);
      if (filter.places.length !== before) changed();
      return done;
    },
    [filter, version],
  );
  return filter === null ? null : filter.places;
}

function useNewEvents(count: number, seen: boolean): number {
  const [before, setBefore] = useState<number | null>(null);
  if (seen && before !== null) setBefore(null);
  if (!seen && before === null) setBefore(count);
  return seen || before === null ? 0 : count - before;
}
