import type { PlanView } from "@gantry/sdk/api";
import type { ReactNode } from "react";
import { Command } from "../../ui/command.tsx";
import { Panel } from "../../ui/page.tsx";
import { Notice } from "../../ui/notice.tsx";
import { StateMark, type Shape, type Tone } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { runCommand } from "../../ui/run-command.ts";
import { PlanSteps } from "./plan-steps.tsx";
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
        <PlanSteps view={view} />
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
            {runCommand(plan.runbook.name, plan.environment, plan.parameters, project)}
          </Command>
        )}
      </div>
    </Panel>
  );
}
