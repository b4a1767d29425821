import type { Plan, Step } from "@gantry/sdk";
import { touchesWorld, type PlanView } from "@gantry/sdk/api";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { hanging } from "./text.ts";
import { duration } from "./time.ts";
import { paintRisk, plural, renderApprovals } from "./words.ts";

/** A plan before anything runs: its steps, and what policy says of it. */
export function renderPlan({ plan, decision, risk, digest }: PlanView, layout: Layout): string[] {
  const needs = decision.approvals.length > 0 ? `: ${renderApprovals(decision.approvals)}` : "";
  return [
    layout.paint("bold", safeLine(plan.goal)),
    ...renderPairs(
      [
        ["runbook", plan.runbook === null ? "" : `${plan.runbook.name} ${plan.runbook.version}`],
        ["environment", plan.environment],
        ["on failure", plan.onFailure === "undo" ? "what was done is undone" : "stop, and leave things as they are"],
        ["deadline", plan.deadlineMs === undefined ? "" : duration(plan.deadlineMs)],
        ["risk", [paintRisk(layout.paint, risk.level), ...risk.reasons.map((reason) => `- ${safeLine(reason)}`)]],
        [
          "policy",
          [
            safeLine(decision.result.replaceAll("_", " ") + needs),
            ...decision.reasons.map((reason) => `- ${safeLine(reason)}`),
          ],
        ],
        ["digest", digest],
      ],
      layout,
    ),
    "",
    `${plural(plan.steps.length, "step")}:`,
    ...renderSteps(plan, layout),
  ];
}

export function renderSteps(plan: Plan, layout: Layout): string[] {
  return plan.steps.flatMap((step, index) => {
    const facts = step.kind === "tool" ? plan.tools.find(({ name }) => name === step.tool) : undefined;
    const after = dependenciesOf(step);
    const notes = [
      ...(step.kind === "tool"
        ? [`${facts?.effect ?? "unknown effect"}, ${step.tool}`]
        : [step.kind === "run" ? `sub-run, ${step.runbook}` : step.kind]),
      ...(after.length > 0 ? [`after ${after.join(", ")}`] : []),
      ...(step.each === undefined ? [] : [loopOf(step)]),
      ...(step.when === undefined ? [] : [`if ${safeLine(step.when)}`]),
      ...(facts?.verify === true ? ["verified"] : []),
      ...(facts === undefined || !touchesWorld(facts.effect) ? [] : undoOf(step, facts.undo)),
    ];
    const number = `${String(index + 1).padStart(3)}. `;
    return hanging(number, `${safeLine(step.title ?? step.id)} [${notes.join("; ")}]`, layout.width);
  });
}

function loopOf({ each, parallel }: Step): string {
  const items = Array.isArray(each) ? `for ${plural(each.length, "item")}` : "once per item";
  return parallel === undefined ? items : `${items}, ${parallel} at a time`;
}

function undoOf(step: Step, possible: boolean): string[] {
  if (!possible) return ["can't be undone"];
  return step.kind === "tool" && step.undo === "none" ? ["stays when undone"] : [];
}

/** Named in `after`, or referred to in the input. */
function dependenciesOf(step: Step): string[] {
  const found = new Set(step.after);
  const search = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const reference = (value as { $ref?: unknown }).$ref;
    if (Array.isArray(reference) && typeof reference[0] === "string") found.add(reference[0]);
    Object.values(value).forEach(search);
  };
  search(step);
  return [...found];
}
