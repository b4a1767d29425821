import type { JsonObject } from "@gantry/sdk";
import { reaches } from "../tests/support/installation.ts";
import { isInstalled } from "../tests/support/installed.ts";
import type { EvalCase } from "./case.ts";
import { assistantCases } from "./cases/assistant.ts";
import { deploymentCases } from "./cases/deployment.ts";
import { plannerCases } from "./cases/planner.ts";
import { reviewerCases } from "./cases/reviewer.ts";
import { terraformCases } from "./cases/terraform.ts";
import { openStage, type Live, type Stage } from "./stage.ts";

const cases = [...assistantCases, ...plannerCases, ...terraformCases, ...deploymentCases, ...reviewerCases];

export interface EvalResult {
  agent: string;
  name: string;
  /** Why it failed; null: a program that it needs isn't installed. */
  problems: string[] | null;
  turns: number;
  tokens: number;
  micros: number;
  ms: number;
}

/** Puts every case to its agent, one after the other, through the whole product. */
export async function runEvals(live: Live | null): Promise<EvalResult[]> {
  await using stage = await openStage(live);
  const results: EvalResult[] = [];
  for (const one of cases) results.push(await tried(stage, one));
  return results;
}

async function tried(stage: Stage, one: EvalCase): Promise<EvalResult> {
  const { agent, name } = one;
  const began = performance.now();
  const nothing = { agent, name, turns: 0, tokens: 0, micros: 0 };
  if (one.needs !== undefined && !isInstalled(one.needs)) return { ...nothing, problems: null, ms: 0 };
  const output = await outputOf(stage, one);
  const ms = performance.now() - began;
  if (typeof output === "string") return { ...nothing, problems: [output], ms };
  const { turns, tokens, cost } = output as unknown as Thinking;
  return {
    agent,
    name,
    problems: one.judge(output, stage.world),
    turns,
    tokens: tokens.input + tokens.output,
    micros: cost?.micros ?? 0,
    ms,
  };
}

interface Thinking {
  turns: number;
  tokens: { input: number; output: number };
  cost: { micros: number } | null;
}

/** What the agent's step gave; a text where it gave nothing. */
async function outputOf(
  { gantry, model, world }: Stage,
  { runbook, parameters, answers }: EvalCase,
): Promise<JsonObject | string> {
  const scripted = answers(world);
  const asked = model?.questions.length ?? 0;
  model?.script(...scripted);
  const { id } = await gantry.client.runs.create({ runbook, parameters: parameters(world), environment: "dev" });
  const { status, error, steps } = await reaches(gantry.client, id, ({ finishedAt }) => finishedAt !== null);
  if (status !== "succeeded") return `the run ended as ${status}: ${error?.message ?? ""}`;
  const used = (model?.questions.length ?? 0) - asked;
  if (model !== null && used !== scripted.length) return `${used} questions were asked, not ${scripted.length}`;
  return (steps[0]?.output ?? {}) as JsonObject;
}
