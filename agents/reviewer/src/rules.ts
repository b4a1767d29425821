import { touchesWorld, type Plan, type Step } from "@gantry/sdk";
import { z } from "zod";

export const Finding = z.object({
  severity: z.enum(["high", "medium", "low"]),
  kind: z.enum([
    "check_missing",
    "destroys",
    "cannot_be_undone",
    "unverified",
    "secret_in_plain",
    "not_the_goal",
    "other",
  ]),
  /** The step that it is about; null: the plan. */
  step: z.string().nullable(),
  text: z.string().max(2_000),
  by: z.enum(["rules", "model"]),
});
export type Finding = z.infer<typeof Finding>;

export const Check = z.object({
  check: z.string(),
  /** Steps that would find out. */
  steps: z.array(z.string()),
  verdict: z.enum(["covered", "not_covered", "unclear"]),
});
export type Check = z.infer<typeof Check>;

/** What can be said of a plan without understanding it. */
export function reviewByRules(plan: Plan): Finding[] {
  const found: Finding[] = [];
  const add = (severity: Finding["severity"], kind: Finding["kind"], step: string | null, text: string): void =>
    void found.push({ severity, kind, step, text, by: "rules" });
  for (const step of plan.steps) {
    if (step.kind !== "tool") continue;
    const facts = plan.tools.find(({ name }) => name === step.tool);
    if (facts === undefined || touchesWorld(facts.effect)) {
      if (facts?.effect === "destroys") add("medium", "destroys", step.id, `${step.tool} may destroy things.`);
      if (facts?.undo !== true || step.undo === "none")
        add("medium", "cannot_be_undone", step.id, `What ${step.tool} does can't be taken back.`);
      if (facts?.verify !== true && !verifiedLater(plan, step.id))
        add("low", "unverified", step.id, `Nothing looks whether ${step.tool} did what it should.`);
    }
    if (secretIn(step))
      add("high", "secret_in_plain", step.id, "Its input seems to hold a credential; name a secret instead.");
  }
  return found;
}

/** Which steps look at the address that a check names; a check without one can't be judged by rules. */
export function coverage(plan: Plan, check: string): Check {
  const addresses = check.match(/https?:\/\/[^\s,;"']+/g) ?? [];
  if (addresses.length === 0) return { check, steps: [], verdict: "unclear" };
  const looking = plan.steps.filter(verifies(plan));
  const covering = addresses.map((address) => looking.filter((step) => mentions(step, address.replace(/[.)]+$/, ""))));
  const covered = covering.every((steps) => steps.length > 0);
  return { check, steps: covering.flat().map(({ id }) => id), verdict: covered ? "covered" : "not_covered" };
}

function verifiedLater({ steps, ...plan }: Plan, id: string): boolean {
  const behind = steps.slice(steps.findIndex((step) => step.id === id) + 1);
  return behind.some(verifies({ ...plan, steps }));
}

function verifies(plan: Plan) {
  return (step: Step): boolean =>
    step.kind === "tool" &&
    plan.tools.some(({ name, effect, verify }) => name === step.tool && verify && !touchesWorld(effect));
}

function mentions(step: Step, text: string): boolean {
  return step.kind === "tool" && JSON.stringify(step.input).includes(JSON.stringify(text).slice(1, -1));
}

const credential =
  /AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|"(?:[\w-]*(?:password|secret|token|api[_-]?key))":"[^"]{4,}"/i;

function secretIn(step: Step): boolean {
  return step.kind === "tool" && credential.test(JSON.stringify(step.input));
}
