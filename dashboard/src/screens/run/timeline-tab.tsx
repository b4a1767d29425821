import type { RunDetail, RunTimeline, TimelineBar, TimelineRow } from "@gantry/sdk/api";
import { useState } from "react";
import { classNames } from "../../ui/class-names.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { CheckField } from "../../ui/field.tsx";
import { Panel } from "../../ui/page.tsx";
import { StepState, useStateWords } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { duration, utcTime } from "../../ui/time.tsx";
import { VirtualRows } from "../../ui/virtual-rows.tsx";
import { useRunSearch, useTimeline } from "./run-data.ts";
import { texts } from "./texts.ts";
import { scaleOf, type Scale } from "./timeline-scale.ts";
import "./timeline.css";

/** When which step was at work or waited, as the server summarized it. */
export function TimelineTab({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const [search, setSearch] = useRunSearch();
  const [fold, setFold] = useState(true);
  const timeline = useTimeline(run.id, search.full === true);
  const end = timeline.to ?? timeline.now;
  if (timeline.attempts === 0 && timeline.waits.length === 0) return <EmptyState title={said.nothingYet} />;
  const gaps = fold ? timeline.gaps.map((gap) => ({ from: gap.from, to: gap.to ?? end })) : [];
  const scale = scaleOf(timeline.from, end, gaps);
  const loops = run.steps.some(({ key, id }) => key !== id);
  return (
    <Panel
      title={said.timelineLabel}
      flush
      actions={
        <div className="flex flex-wrap gap-x-4 gap-y-1">
          {timeline.gaps.length > 0 && (
            <CheckField label={said.fold} checked={fold} onChange={({ target }) => setFold(target.checked)} />
          )}
          {loops && (
            <CheckField
              label={said.full}
              checked={search.full === true}
              onChange={({ target }) => setSearch({ full: target.checked ? true : undefined })}
            />
          )}
        </div>
      }
    >
      <Axis timeline={timeline} end={end} scale={scale} />
      <VirtualRows
        items={timeline.rows}
        height={36}
        label={said.timelineLabel}
        keyOf={({ step }) => step}
        show={search.step}
        row={(row) => (
          <Row
            row={row}
            end={end}
            scale={scale}
            chosen={row.step === search.step}
            onChoose={() => setSearch({ tab: "steps", step: row.step }, { replace: false })}
          />
        )}
      />
      <div className="border-line text-muted flex flex-wrap items-center gap-x-4 gap-y-1 border-t px-3 py-2 text-xs">
        <Legend className="bg-accent" text={said.legend.work} />
        <Legend className="bg-bad" text={said.legend.failed} />
        <Legend className="bg-warn" text={said.legend.unknown} />
        <Legend className="border-strong border border-dashed" text={said.legend.waiting} />
        {gaps.length > 0 && <Legend className="timeline-fold" text={said.legend.folded} />}
        {timeline.omitted.rows > 0 && <span>{said.rowsOmitted(timeline.omitted.rows, timeline.omitted.attempts)}</span>}
      </div>
      <AsTable timeline={timeline} end={end} />
    </Panel>
  );
}

const nameColumn = "grid h-full grid-cols-[8rem_minmax(0,1fr)] items-center gap-2 sm:grid-cols-[14rem_minmax(0,1fr)]";

function Axis({ timeline, end, scale }: { timeline: RunTimeline; end: number; scale: Scale }) {
  const said = useTexts(texts);
  return (
    <div className="border-line text-muted border-b px-3 py-1.5 text-xs">
      <div className={nameColumn}>
        <span>{utcTime(new Date(timeline.from).toISOString(), true).slice(11)}</span>
        <span className="flex justify-between gap-2">
          <span className="truncate">
            {timeline.gaps
              .slice(0, 3)
              .map((gap) => said.idle(duration((gap.to ?? end) - gap.from), gap.on))
              .join(" · ")}
          </span>
          <span>{duration(end - timeline.from)}</span>
        </span>
      </div>
      <div className={nameColumn} aria-hidden="true">
        <span />
        <span className="relative h-1.5">
          {scale.folds.map(({ left, width, from }) => (
            <span key={from} className="timeline-fold absolute inset-y-0" style={place(left, left + width)} />
          ))}
        </span>
      </div>
    </div>
  );
}

function Row({
  row,
  end,
  scale,
  chosen,
  onChoose,
}: {
  row: TimelineRow;
  end: number;
  scale: Scale;
  chosen: boolean;
  onChoose(): void;
}) {
  const said = useTexts(texts);
  const attempts = row.bars.reduce((sum, { count }) => sum + count, 0);
  const about = `${said.attemptCount(attempts)}, ${duration(workOf(row, end))}`;
  return (
    <button
      type="button"
      onClick={onChoose}
      title={about}
      className={classNames(
        "border-line w-full border-b px-3 text-left",
        nameColumn,
        chosen ? "bg-info-soft" : "hover:bg-hover",
      )}
    >
      <span className="flex min-w-0 items-center gap-1.5 text-xs">
        <span className="max-sm:hidden">
          <StepState status={row.status} bare />
        </span>
        <span className="truncate">{row.title}</span>
        {row.steps > 1 && <span className="text-muted">×{row.steps}</span>}
        <span className="sr-only">{about}</span>
      </span>
      <span className="relative block h-full" aria-hidden="true">
        {row.waits.map((wait) => (
          <span
            key={`${wait.on} ${wait.from}`}
            className="border-strong absolute top-3.5 bottom-3.5 border-y border-dashed"
            style={place(scale.at(wait.from), scale.at(wait.to ?? end))}
          />
        ))}
        {row.bars.map((bar) => (
          <span
            key={bar.attempt ?? bar.from}
            className={classNames("absolute top-2.5 bottom-2.5 min-w-[3px] rounded-[2px]", colourOf(bar))}
            style={place(scale.at(bar.from), scale.at(bar.to ?? end))}
          />
        ))}
      </span>
    </button>
  );
}

function colourOf({ status, operation }: TimelineBar): string {
  if (status === "failed") return "bg-bad";
  if (status === "unknown" || status === "not_done") return "bg-warn";
  if (status === "running") return "bg-info";
  return operation === "preview" || operation === "inspect" || operation === "verify"
    ? "bg-accent opacity-55"
    : "bg-accent";
}

function place(from: number, to: number): { left: string; width: string } {
  return { left: `${(from * 100).toFixed(3)}%`, width: `${(Math.max(0, to - from) * 100).toFixed(3)}%` };
}

function workOf({ bars }: TimelineRow, end: number): number {
  return bars.reduce((sum, { from, to }) => sum + (to ?? end) - from, 0);
}

function Legend({ className, text }: { className: string; text: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span className={classNames("inline-block h-2.5 w-4 rounded-[2px]", className)} aria-hidden="true" />
      {text}
    </span>
  );
}

/** The bars in words: made only when somebody opens it. */
function AsTable({ timeline, end }: { timeline: RunTimeline; end: number }) {
  const said = useTexts(texts);
  const words = useStateWords();
  const [open, setOpen] = useState(false);
  return (
    <details
      className="border-line border-t px-3 py-2 text-xs"
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary className="text-muted">{said.asTable}</summary>
      {open && (
        <div className="mt-2 max-h-96 overflow-auto" tabIndex={0} role="region" aria-label={said.asTable}>
          <table className="w-full text-left">
            <thead className="text-muted">
              <tr>
                {[said.step, said.state, said.attempts, said.started, said.work, said.waited].map((head) => (
                  <th key={head} scope="col" className="pr-4 pb-1 font-medium">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {timeline.rows.map((row) => (
                <tr key={row.step} className="border-line border-t">
                  <th scope="row" className="py-1 pr-4 font-normal">
                    {row.title}
                  </th>
                  <td className="py-1 pr-4">{words.steps[row.status]}</td>
                  <td className="py-1 pr-4">{row.bars.reduce((sum, { count }) => sum + count, 0)}</td>
                  <td className="py-1 pr-4 whitespace-nowrap">
                    {row.bars[0] === undefined ? "" : utcTime(new Date(row.bars[0].from).toISOString(), true)}
                  </td>
                  <td className="py-1 pr-4">{row.bars.length === 0 ? "" : duration(workOf(row, end))}</td>
                  <td className="py-1 pr-4">
                    {row.waits
                      .slice(0, 5)
                      .map((wait) => `${said.waits[wait.on]} ${duration((wait.to ?? end) - wait.from)}`)
                      .join(", ")}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
