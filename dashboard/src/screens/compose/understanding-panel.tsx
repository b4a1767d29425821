import type { Understanding } from "@gantry/sdk/api";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { EffectMark } from "../agents/effect-mark.tsx";
import { texts } from "./texts.ts";

/** How a sentence was read, and what else it could mean. */
export function UnderstandingPanel({
  understanding,
  title,
  onInstead,
  onFill,
  children,
}: {
  understanding: Understanding;
  /** Of the runbook. */
  title: string | null;
  onInstead(runbook: string): void;
  /** Null where there is no form to go on with. */
  onFill: (() => void) | null;
  children: ReactNode;
}) {
  const said = useTexts(texts);
  const { status, runbook, confidence, environment, parameters, checks, alternatives, notes, effect } = understanding;
  const others = alternatives.filter((one) => one.runbook !== runbook);
  return (
    <Panel title={said.understood} actions={<Status status={status} />}>
      <div className="space-y-4" aria-live="polite">
        {status === "refused" && <Notice tone="warn">{notes.join(" ") || said.refusedPlain}</Notice>}
        {runbook !== null && (
          <dl className="grid gap-x-4 gap-y-1 text-sm sm:grid-cols-[max-content_minmax(0,1fr)]">
            <dt className="text-muted">{said.runbook}</dt>
            <dd className="flex flex-wrap items-center gap-2">
              <span>
                {title} <code className="text-muted font-mono text-xs">{runbook}</code>
              </span>
              {effect !== null && <EffectMark effect={effect} />}
              <span className="text-muted text-xs">{said.sure(Math.round(confidence * 100))}</span>
            </dd>
            <dt className="text-muted">{said.environment}</dt>
            <dd>{environment ?? said.notSaid}</dd>
            {Object.entries(parameters).map(([name, value]) => (
              <Pair key={name} name={name} value={typeof value === "string" ? value : JSON.stringify(value)} />
            ))}
            {checks.length > 0 && (
              <>
                <dt className="text-muted">{said.checks}</dt>
                <dd className="[overflow-wrap:anywhere]">
                  {checks
                    .map((check) =>
                      check.kind === "http"
                        ? said.httpCheck(check.url, check.status)
                        : said.latencyCheck(check.url, check.percentile, check.ms),
                    )
                    .join("; ")}
                </dd>
              </>
            )}
          </dl>
        )}
        {status !== "refused" && notes.length > 0 && <Notice tone="info">{notes.join(" ")}</Notice>}
        {children}
        {(others.length > 0 || onFill !== null) && (
          <div className="border-line flex flex-wrap items-center gap-2 border-t pt-3">
            {onFill !== null && (
              <Button small onClick={onFill}>
                {said.asForm}
              </Button>
            )}
            {others.length > 0 && <span className="text-muted text-xs">{said.instead}</span>}
            {others.slice(0, 4).map((one) => (
              <Button key={one.runbook} small kind="quiet" onClick={() => onInstead(one.runbook)}>
                {one.title}
              </Button>
            ))}
          </div>
        )}
      </div>
    </Panel>
  );
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="font-mono text-xs leading-5 [overflow-wrap:anywhere]">{value}</dd>
    </>
  );
}

function Status({ status }: { status: Understanding["status"] }) {
  const word = useTexts(texts).statuses[status];
  switch (status) {
    case "ready":
      return <StateMark tone="good" shape="check" word={word} />;
    case "asks":
      return <StateMark tone="attention" shape="question" word={word} />;
    case "refused":
      return <StateMark tone="bad" shape="stop" word={word} />;
    default:
      return status satisfies never;
  }
}
