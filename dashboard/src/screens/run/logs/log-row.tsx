import { memo } from "react";
import { classNames } from "../../../ui/class-names.ts";
import { Icon } from "../../../ui/icon.tsx";
import { OutputLine } from "../../../ui/output-line.tsx";
import { seenText } from "../../../ui/output.ts";
import { StateMark, type Shape, type Tone } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import type { Attempts } from "./attempts-of.ts";
import { lowerBound, type Match } from "./log-search.ts";
import type { AttemptLog } from "./log-store.ts";
import { texts } from "./texts.ts";

type Status = NonNullable<ReturnType<Attempts["of"]>>["attempt"]["status"];

const looks: Record<Status, readonly [Tone, Shape]> = {
  running: ["active", "play"],
  succeeded: ["good", "check"],
  done: ["good", "check"],
  failed: ["bad", "cross"],
  not_done: ["idle", "dash"],
  unknown: ["attention", "question"],
};

/** Above the lines of an attempt: its step, what was done, where, and how it ended. */
export function LogHeading({
  log,
  about,
  folded,
  onFold,
}: {
  log: AttemptLog;
  about: ReturnType<Attempts["of"]>;
  folded: boolean;
  onFold(): void;
}) {
  const said = useTexts(texts);
  const [tone, shape] = about === undefined ? (["idle", "dots"] as const) : looks[about.attempt.status];
  return (
    <button
      type="button"
      aria-expanded={!folded}
      onClick={onFold}
      className="border-line bg-surface hover:bg-hover flex h-5 w-full items-center gap-2 overflow-hidden border-b px-1 text-left font-sans text-xs whitespace-nowrap"
    >
      <Icon name={folded ? "next" : "down"} />
      <span className="truncate font-semibold">{seenText(about?.step ?? log.attempt)}</span>
      {about !== undefined && (
        <>
          <span className="text-muted">{said.attempt(about.attempt.operation, about.attempt.number)}</span>
          <StateMark tone={tone} shape={shape} word={about.attempt.status.replace("_", " ")} bare />
          <span className="text-muted hidden truncate sm:inline">{seenText(about.attempt.host)}</span>
        </>
      )}
      <span className="text-muted ml-auto pr-1">{said.lines(log.texts.length)}</span>
    </button>
  );
}

/** One line: its number, which is a link to it, when it was written, and what. */
export const LogLineRow = memo(function LogLineRow({
  log,
  line,
  text,
  wraps,
  needle,
  selected,
  onSelect,
}: {
  log: AttemptLog;
  line: number;
  text: string;
  wraps: boolean;
  needle: string;
  selected: boolean;
  onSelect(match: Match): void;
}) {
  const said = useTexts(texts);
  const place = lowerBound(log.errors, line);
  const isError = place < log.errors.length && log.errors.at(place) === line;
  const { attempt } = log;
  return (
    <div
      data-line={line + 1}
      className={classNames("flex min-h-5 leading-5", selected ? "bg-info-soft" : "hover:bg-hover")}
    >
      <a
        href={addressOf({ attempt, line })}
        aria-label={said.lineLink(line + 1)}
        // Thousands of them are no stops for a keyboard, which goes from match to match.
        tabIndex={selected ? 0 : -1}
        aria-current={selected || undefined}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          onSelect({ attempt, line });
        }}
        className="text-muted w-12 shrink-0 pr-2 text-right select-none hover:underline sm:w-14"
      >
        {line + 1}
      </a>
      <span className="text-muted hidden w-18 shrink-0 select-none lg:inline">
        {new Date(log.times.at(line)).toISOString().slice(11, 19)}
      </span>
      <span className="text-bad w-7 shrink-0 select-none" title={isError ? said.errorStream : undefined}>
        {isError && "err"}
      </span>
      <span className={wraps ? "min-w-0 flex-1 whitespace-pre-wrap [overflow-wrap:anywhere]" : "pr-4 whitespace-pre"}>
        <OutputLine line={text} from={log.styles.at(line)} needle={needle} />
      </span>
    </div>
  );
});

/** This page at that line. */
function addressOf({ attempt, line }: Match): string {
  const search = new URLSearchParams(location.search);
  search.set("attempt", attempt);
  search.set("line", String(line + 1));
  return `?${search.toString()}`;
}
