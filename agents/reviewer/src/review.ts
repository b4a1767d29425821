import { defineTool, factsOfThoughts, Plan, thoughtFacts, type JsonObject } from "@gantry/sdk";
import { z } from "zod";
import { Check, coverage, Finding, reviewByRules } from "./rules.ts";

const { severity, kind } = Finding.shape;
/** Closed and all required, as providers want it. */
const Said = z.strictObject({
  findings: z.array(z.strictObject({ severity, kind, step: z.string().nullable(), text: z.string() })),
  checks: z.array(z.strictObject({ number: z.int(), verdict: Check.shape.verdict, steps: z.array(z.string()) })),
});
const said = z.toJSONSchema(Said) as JsonObject;

export const review = defineTool({
  name: "reviewer.review",
  version: "1.0.0",
  title: "Review a plan against its goal",
  effect: "reads",
  thinks: true,
  input: z.object({
    plan: Plan,
    /** What shall hold afterwards, a sentence each. */
    checks: z.array(z.string().min(1).max(1_000)).max(50).default([]),
    /** False: by rules alone. */
    model: z.boolean().default(true),
  }),
  output: z.object({
    /** Whether there is neither a finding of severity high nor a check that no step covers. */
    passed: z.boolean(),
    findings: z.array(Finding),
    checks: z.array(Check),
    ...thoughtFacts,
  }),
  timeoutMs: 20 * 60_000,
  retry: { attempts: 3, initialMs: 2_000, factor: 4, maxMs: 60_000 },
  worstCase: { requests: 20 },
  async run({ plan, checks, model }, { think }) {
    const findings = reviewByRules(plan);
    const byRules = checks.map((check) => coverage(plan, check));
    if (!model) return resultOf(findings, byRules, factsOfThoughts());
    const thought = await think({
      goal: questionOf(plan, checks),
      output: said,
      ...(plan.tainted !== undefined && { tainted: plan.tainted }),
    });
    const answer = Said.parse(thought.output);
    const ids = new Set(plan.steps.map(({ id }) => id));
    const more = answer.findings
      // About a step that there isn't, it is about nothing.
      .filter(({ step }) => step === null || ids.has(step))
      .map((one): Finding => ({ ...one, text: one.text.slice(0, 2_000), by: "model" }));
    const judged = byRules.map((check, index): Check => {
      // What rules found out a model can't talk away.
      if (check.verdict !== "unclear") return check;
      const its = answer.checks.find(({ number }) => number === index + 1);
      const steps = (its?.steps ?? []).filter((id) => ids.has(id));
      if (its === undefined) return check;
      return { ...check, steps, verdict: its.verdict === "covered" && steps.length === 0 ? "unclear" : its.verdict };
    });
    return resultOf([...findings, ...more], judged, factsOfThoughts(thought));
  },
});

function questionOf(plan: Plan, checks: readonly string[]): string {
  const { goal, environment, steps, tools } = plan;
  const shown = {
    goal,
    environment,
    steps,
    tools: tools.map(({ name, effect, undo, verify }) => ({ name, effect, undo, verify })),
  };
  const numbered = checks.map((check, index) => `\n${index + 1}. ${check}`).join("");
  return `Review this plan.\n\n${JSON.stringify(shown)}\n\nWhat shall hold afterwards:${numbered === "" ? " nothing was said." : numbered}`;
}

function resultOf(findings: readonly Finding[], checks: readonly Check[], facts: ReturnType<typeof factsOfThoughts>) {
  const missing = checks
    .filter(({ verdict }) => verdict === "not_covered")
    .map(({ check }): Finding => ({
      severity: "high",
      kind: "check_missing",
      step: null,
      text: `No step finds out: ${check}`,
      by: "rules",
    }));
  const all = [...missing, ...findings];
  return { passed: all.every((one) => one.severity !== "high"), findings: all, checks: [...checks], ...facts };
}
