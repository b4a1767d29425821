import type { RunEvent } from "@gantry/sdk";
import { memo } from "react";
import { CopyButton } from "../../../ui/command.tsx";
import { OutputLine } from "../../../ui/output-line.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { summaryOf } from "./event-summary.ts";
import { texts } from "./texts.ts";

/** One event: its number, when, what, about what, by whom; and all of it when it is opened. */
export const EventRow = memo(function EventRow({
  event,
  open,
  onToggle,
}: {
  event: RunEvent;
  open: boolean;
  onToggle(): void;
}) {
  const said = useTexts(texts);
  const at = new Date(event.at).toISOString();
  return (
    <div data-seq={event.seq} className="border-line border-b">
      <button
        type="button"
        aria-expanded={open}
        onClick={onToggle}
        className="hover:bg-hover flex min-h-7 w-full items-center gap-x-3 px-2 py-1 text-left text-xs max-md:min-h-10 max-md:flex-wrap max-md:content-start"
      >
        <span className="text-muted w-10 shrink-0 text-right font-mono">
          <span className="sr-only">{said.show(event.seq)}</span>
          <span aria-hidden="true">{event.seq}</span>
        </span>
        <time dateTime={at} className="text-muted shrink-0 font-mono">
          {at.slice(11, 23)}
        </time>
        <span className="shrink-0 font-mono font-medium md:w-44">{event.type}</span>
        <span className="min-w-0 flex-1 truncate max-md:basis-full max-md:pl-12">
          <OutputLine line={summaryOf(event).slice(0, 500)} />
        </span>
        <span className="text-muted hidden max-w-40 shrink-0 truncate md:inline">
          <OutputLine line={event.actor.name} />
        </span>
      </button>
      {open && <EventDetail event={event} at={at} />}
    </div>
  );
});

function EventDetail({ event, at }: { event: RunEvent; at: string }) {
  const whole = JSON.stringify(event, null, 2);
  // Nobody reads more than that here; the whole is copied.
  const lines = whole.slice(0, 40_000).split("\n").slice(0, 600);
  return (
    <div className="bg-sunken px-3 py-2">
      <div className="mb-1 flex flex-wrap items-center gap-2 text-xs">
        <Time at={at} seconds />
        <span className="flex-1" />
        <CopyButton text={whole} />
      </div>
      <pre className="overflow-x-auto font-mono text-xs whitespace-pre-wrap [overflow-wrap:anywhere]">
        {lines.map((line, index) => (
          <span key={index}>
            <OutputLine line={line} />
            {"\n"}
          </span>
        ))}
      </pre>
    </div>
  );
}
