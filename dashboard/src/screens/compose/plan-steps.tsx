import type { Step } from "@gantry/sdk";
import type { PlanView } from "@gantry/sdk/api";
import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import type { GraphNode } from "../../ui/graph/graph.tsx";
import { Loading } from "../../ui/loading.tsx";
import { usePhone } from "../../ui/media.ts";
import { useTexts } from "../../ui/texts.ts";
import { EffectMark, useEffectLooks } from "../agents/effect-mark.tsx";
import { texts } from "./texts.ts";

const Graph = lazy(() => import("../../ui/graph/graph.tsx").then(({ Graph: it }) => ({ default: it })));

/** What would happen, and what after what: as a graph, or as a list where there is little room. */
export function PlanSteps({ view }: { view: PlanView }) {
  const said = useTexts(texts);
  const phone = usePhone();
  const [chosen, setChosen] = useState<"graph" | "list" | null>(null);
  const shown = chosen ?? (phone || view.plan.steps.length === 1 ? "list" : "graph");
  return (
    <div className="border-line overflow-hidden rounded-md border">
      <div role="group" aria-label={said.stepsAs} className="border-line flex justify-end gap-1 border-b p-1">
        {(["graph", "list"] as const).map((one) => (
          <Button
            key={one}
            small
            kind={shown === one ? "plain" : "quiet"}
            aria-pressed={shown === one}
            onClick={() => setChosen(one)}
          >
            {said[one]}
          </Button>
        ))}
      </div>
      {shown === "list" ? (
        <PlanList plan={view.plan} />
      ) : (
        <Suspense fallback={<Loading />}>
          <PlanGraph view={view} />
        </Suspense>
      )}
    </div>
  );
}

function PlanGraph({ view: { plan, after } }: { view: PlanView }) {
  const said = useTexts(texts);
  const looks = useEffectLooks();
  const effects = new Map(plan.tools.map(({ name, effect }) => [name, effect]));
  const nodes = plan.steps.map((step): GraphNode => {
    const effect = step.kind === "tool" ? effects.get(step.tool) : undefined;
    const look =
      effect === undefined ? ({ tone: "idle", shape: "hourglass", state: step.kind } as const) : looks[effect];
    return { id: step.id, title: step.title ?? step.id, detail: what(step, said.wait), ...look };
  });
  const edges = Object.entries(after).flatMap(([to, before]) => before.map((from) => ({ from, to })));
  return <Graph nodes={nodes} edges={edges} label={said.steps} />;
}

function PlanList({ plan }: { plan: PlanView["plan"] }) {
  const said = useTexts(texts);
  const facts = new Map(plan.tools.map((tool) => [tool.name, tool]));
  return (
    <ol className="divide-line divide-y" aria-label={said.steps}>
      {plan.steps.map((step, index) => {
        const tool = step.kind === "tool" ? facts.get(step.tool) : undefined;
        return (
          <li key={step.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-sm">
            <span className="text-muted w-5 text-xs">{index + 1}</span>
            <span className="min-w-0 flex-1 basis-40">
              {step.title ?? step.id}
              <span className="text-muted block truncate font-mono text-xs">{what(step, said.wait)}</span>
            </span>
            {step.each !== undefined && (
              <span className="text-muted text-xs">
                {said.perItem(Array.isArray(step.each) ? step.each.length : null, step.parallel)}
              </span>
            )}
            {step.when !== undefined && (
              <span className="text-muted text-xs [overflow-wrap:anywhere]">{said.onlyIf(step.when)}</span>
            )}
            {tool !== undefined && (
              <>
                {(tool.effect === "changes" || tool.effect === "destroys") && (
                  <span className="text-muted text-xs">
                    {tool.undo && step.kind === "tool" && step.undo === "tool" ? said.undoable : said.notUndoable}
                  </span>
                )}
                <EffectMark effect={tool.effect} />
              </>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function what(step: Step, wait: string): string {
  return step.kind === "tool" ? step.tool : step.kind === "run" ? step.runbook : wait;
}
