import type { Json } from "@gantry/sdk";
import type { AttemptView, RunDetail, StepView } from "@gantry/sdk/api";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/command.tsx";
import { microsText } from "../../ui/micros.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/page.tsx";
import { shownStatus, StepState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { duration, Time, useNow } from "../../ui/time.tsx";
import { RunLink } from "./run-link.tsx";
import { useModelCosts } from "./trace/model-costs.tsx";
import { useStep } from "./run-data.ts";
import { SettleDialog } from "./settle-dialog.tsx";
import { texts } from "./texts.ts";

/** One step: what it was given, what came of it, and each attempt. */
export function StepInspector({ run, step }: { run: RunDetail; step: StepView }) {
  const said = useTexts(texts);
  const mayRun = useMay("run");
  const [settling, setSettling] = useState(false);
  const { data } = useStep(run.id, step.key);
  return (
    <Panel
      title={step.title}
      actions={
        <>
          <StepState status={shownStatus(step)} />
          {step.needsPerson && mayRun && (
            <Button small kind="primary" onClick={() => setSettling(true)}>
              {said.settle}
            </Button>
          )}
        </>
      }
    >
      <div className="space-y-4 text-sm">
        <StepFacts step={step} run={run} />
        {step.error !== null && (
          <Notice tone="bad">
            {step.error.message}{" "}
            <a href={`/errors/${step.error.code}`} className="font-mono text-xs underline">
              {step.error.code}
            </a>
          </Notice>
        )}
        <Attempts attempts={step.attempts} run={run.id} step={step.key} />
        <Value title={said.input} value={data?.input ?? null} empty={said.inputLater} />
        {data !== undefined && data.input === null && (
          <Value title={said.template} value={templateOf(data.definition)} empty={said.none} />
        )}
        {step.preview !== null && <Value title={said.preview} value={step.preview.summary} empty={said.none} />}
        <Value title={said.output} value={step.output} empty={said.noOutput} />
      </div>
      {settling && <SettleDialog run={run.id} step={step.key} onClose={() => setSettling(false)} />}
    </Panel>
  );
}

function StepFacts({ step, run }: { step: StepView; run: RunDetail }) {
  const said = useTexts(texts);
  const cost = useModelCosts(run)?.byStep.get(step.key);
  const facts: [string, ReactNode][] = [
    [
      said.step,
      <span key="key" className="font-mono text-xs">
        {step.key}
      </span>,
    ],
  ];
  if (step.tool !== null)
    facts.push([
      said.kind,
      <span key="tool" className="font-mono text-xs">
        {step.tool}
      </span>,
    ]);
  if (step.effect !== null) facts.push([said.effect, said.effects[step.effect]]);
  if (cost !== undefined) facts.push([said.modelCost, microsText(cost.micros, cost.known)]);
  if (step.after.length > 0) facts.push([said.after, step.after.join(", ")]);
  if (step.fact !== null) facts.push([said.keptFrom, <RunLink key="fact" {...step.fact} />]);
  if (step.child !== null) facts.push([said.opensRun, <RunLink key="child" run={step.child} />]);
  if (step.dueAt !== null) facts.push([said.due, <Time key="due" at={step.dueAt} seconds />]);
  if (step.undo !== null) {
    const left = step.undo.undone?.left ?? [];
    facts.push([said.undone, said.undoWords[step.undo.status]]);
    if (left.length > 0) facts.push([said.left, left.join(", ")]);
  }
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
      {facts.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The newest ones; a step that was tried thousands of times has them all in its events. */
const attemptsShown = 50;

function Attempts({ attempts, run, step }: { attempts: readonly AttemptView[]; run: string; step: string }) {
  const said = useTexts(texts);
  const now = useNow(1_000);
  if (attempts.length === 0) return <p className="text-muted">{said.noAttempts}</p>;
  return (
    <div>
      <h3 className="text-muted mb-1 text-xs font-medium">{said.attempts}</h3>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={said.attempts}>
        <table className="w-full text-left text-xs">
          <thead className="text-muted">
            <tr>
              <th className="pr-3 pb-1 font-medium">{said.attempt}</th>
              <th className="pr-3 pb-1 font-medium">{said.outcome}</th>
              <th className="pr-3 pb-1 font-medium">{said.started}</th>
              <th className="pr-3 pb-1 font-medium">{said.duration}</th>
              <th className="pb-1 font-medium">{said.where}</th>
            </tr>
          </thead>
          <tbody>
            {attempts.slice(-attemptsShown).map((one) => (
              <tr key={one.id} className="border-line border-t align-top">
                <th scope="row" className="py-1 pr-3 font-normal whitespace-nowrap">
                  <Link
                    to="/runs/$run"
                    params={{ run }}
                    search={{ tab: "log", step, attempt: one.id }}
                    className="text-info underline"
                  >
                    {one.operation} {one.number}
                  </Link>
                </th>
                <td className={`py-1 pr-3 ${one.status === "failed" ? "text-bad font-medium" : ""}`}>
                  {said.attemptWords[one.status]}
                </td>
                <td className="py-1 pr-3 whitespace-nowrap">
                  <Time at={one.startedAt} seconds />
                </td>
                <td className="py-1 pr-3 whitespace-nowrap">
                  {duration(
                    Math.max(0, (one.endedAt === null ? now : Date.parse(one.endedAt)) - Date.parse(one.startedAt)),
                  )}
                </td>
                <td className="py-1 whitespace-nowrap">{one.host}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Value({ title, value, empty }: { title: string; value: Json; empty: string }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <div>
      <div className="mb-1 flex items-center">
        <h3 className="text-muted flex-1 text-xs font-medium">{title}</h3>
        {value !== null && <CopyButton text={text} />}
      </div>
      {value === null ? (
        <p className="text-muted">{empty}</p>
      ) : (
        <pre
          className="border-line bg-sunken max-h-72 overflow-auto rounded-md border p-2 font-mono text-xs [overflow-wrap:anywhere] whitespace-pre-wrap"
          tabIndex={0}
        >
          <bdi dir="ltr">{text.length > longest ? `${text.slice(0, longest)}…` : text}</bdi>
        </pre>
      )}
    </div>
  );
}

/** More than that nobody reads here; it is copied whole. */
const longest = 50_000;

function templateOf(definition: { kind: string; input?: Json; parameters?: Json; for?: unknown }): Json {
  return definition.input ?? definition.parameters ?? ((definition.for ?? null) as Json);
}
