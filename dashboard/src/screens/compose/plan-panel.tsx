import type { PlanView } from "@gantry/sdk/api";
import type { ReactNode } from "react";
import { Command } from "../../ui/command.tsx";
import { Panel } from "../../ui/page.tsx";
import { Notice } from "../../ui/notice.tsx";
import { StateMark, type Shape, type Tone } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { EffectMark } from "../agents/effect-mark.tsx";
import { runCommand } from "../onboarding/twin.ts";
import { texts } from "./texts.ts";

const decisions: Record<PlanView["decision"]["result"], readonly [Tone, Shape]> = {
  allow: ["good", "check"],
  require_approval: ["attention", "diamond"],
  deny: ["bad", "stop"],
};

/** What would happen, and what policy says of it at most. Nothing has run. */
export function PlanPanel({ view, project, children }: { view: PlanView; project: string; children: ReactNode }) {
  const said = useTexts(texts);
  const { plan, decision, risk } = view;
  const [tone, shape] = decisions[decision.result];
  return (
    <Panel title={said.plan} actions={<StateMark tone={tone} shape={shape} word={said.decisions[decision.result]} />}>
      <div className="space-y-3">
        <p className="text-sm">{said.planOf(plan.steps.length, plan.environment)}</p>
        <PlanSteps plan={plan} />
        <dl className="grid gap-x-4 gap-y-1 text-sm sm:grid-cols-[max-content_minmax(0,1fr)]">
          <dt className="text-muted">{said.risk}</dt>
          <dd>
            {said.risks[risk.level]}
            {risk.reasons.length > 0 && `: ${risk.reasons.join(" ")}`}
          </dd>
          <dt className="text-muted">{said.policies}</dt>
          <dd className="[overflow-wrap:anywhere]">
            {decision.reasons.join(" ")} {decision.policies.length === 0 && said.noPolicy}
            <span className="text-muted font-mono text-xs">{decision.policies.join(", ")}</span>
          </dd>
          {decision.approvals.length > 0 && (
            <>
              <dt className="text-muted">{said.approvals}</dt>
              <dd>{decision.approvals.map(({ group, count }) => said.approvalOf(count, group)).join(", ")}</dd>
            </>
          )}
          <dt className="text-muted">{said.onFailure}</dt>
          <dd>{said.failures[plan.onFailure]}</dd>
        </dl>
        {decision.result === "deny" && <Notice tone="bad">{said.wouldBeDenied}</Notice>}
        {children}
        {plan.runbook !== null && (
          <Command label={said.atTerminal}>
            {`${runCommand(plan.runbook.name, plan.environment, plan.parameters)}${project === "default" ? "" : ` --project ${project}`}`}
          </Command>
        )}
      </div>
    </Panel>
  );
}

function PlanSteps({ plan }: { plan: PlanView["plan"] }) {
  const said = useTexts(texts);
  const facts = new Map(plan.tools.map((tool) => [tool.name, tool]));
  return (
    <ol className="border-line divide-line divide-y rounded-md border" aria-label={said.steps}>
      {plan.steps.map((step, index) => {
        const tool = step.kind === "tool" ? facts.get(step.tool) : undefined;
        return (
          <li key={step.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-sm">
            <span className="text-muted w-5 text-xs">{index + 1}</span>
            <span className="min-w-0 flex-1 basis-40">
              {step.title ?? step.id}
              <span className="text-muted block truncate font-mono text-xs">
                {step.kind === "tool" ? step.tool : step.kind === "run" ? step.runbook : said.wait}
              </span>
            </span>
            {step.when !== undefined && <span className="text-muted text-xs">{said.conditional}</span>}
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
