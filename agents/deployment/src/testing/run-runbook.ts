import { createPlanBuilder } from "@gantry/sdk";
import type { Json, Preview, Runbook, Tool, Undone, Verification } from "@gantry/sdk";
import { runTool } from "@gantry/sdk/testing";
import type { TestContext } from "@gantry/sdk/testing";
import { randomUUID } from "node:crypto";
import { agent } from "../index.ts";

export interface Ran {
  runId: string;
  outputs: Record<string, Json>;
  previews: Record<string, Preview>;
  verifications: Record<string, Verification>;
  /** The error that ended it, after which everything was undone. */
  error: Error | null;
  /** Of the step that it stopped before. */
  input: Json;
  undone: { step: string; undone: Undone }[];
  /** Undoes what was done, last step first. */
  undo(): Promise<{ step: string; undone: Undone }[]>;
}

export interface RunOptions {
  secrets?: Readonly<Record<string, string>>;
  /** Step that isn't run any more; `input` is what it would get. */
  stopBefore?: string;
}

/** Runs a runbook's plan step by step with the real tools, previews first, and undoes it when a step fails. */
export async function runRunbook(
  runbook: Runbook,
  parameters: Record<string, unknown>,
  ctx: TestContext,
  { secrets = {}, stopBefore }: RunOptions = {},
): Promise<Ran> {
  const { environment } = ctx;
  const builder = createPlanBuilder(environment);
  runbook.spec.plan(builder, runbook.spec.parameters.parse(parameters));
  const runId = randomUUID();
  const ran: Ran = { runId, outputs: {}, previews: {}, verifications: {}, error: null, input: null, undone: [], undo };
  const begun: { id: string; tool: Tool; input: Json }[] = [];
  for (const step of builder.steps) {
    if (step.kind !== "tool") throw new Error(`No step of this agent is a ${step.kind}.`);
    const tool = agent.spec.tools.find(({ name }) => name === step.tool) as Tool;
    const input = resolve(step.input, ran.outputs, secrets);
    if (step.id === stopBefore) return { ...ran, input };
    try {
      if (tool.spec.preview) ran.previews[step.id] = await runTool(tool, "preview", input, await next(step.id));
      if (tool.spec.undo) begun.unshift({ id: step.id, tool, input });
      const output = (await runTool(tool, "run", input, await next(step.id))) as Json;
      ran.outputs[step.id] = output;
      if (tool.spec.verify) await verify(step.id, tool, { input, output });
    } catch (error) {
      ran.error = error as Error;
      if (runbook.spec.onFailure === "undo") await undo();
      return ran;
    }
  }
  return ran;

  function next(stepKey: string): Promise<TestContext> {
    return ctx.next({ runId, stepKey });
  }

  async function verify(id: string, tool: Tool, { input, output }: { input: Json; output: Json }): Promise<void> {
    const verification = await runTool(tool, "verify", input, await next(id), output);
    ran.verifications[id] = verification;
    const failed = verification.probes.find(({ passed }) => !passed);
    if (failed) throw new Error(`${failed.name}: expected ${failed.expected}, got ${failed.actual}`);
  }

  async function undo(): Promise<Ran["undone"]> {
    for (const { id, tool, input } of begun) {
      const undone = await runTool(tool, "undo", input, await next(id), ran.outputs[id] ?? null);
      ran.undone.push({ step: id, undone });
    }
    return ran.undone;
  }
}

/** What the platform does with references before a step starts. */
function resolve(
  template: Json,
  outputs: Readonly<Record<string, Json>>,
  secrets: Readonly<Record<string, string>>,
): Json {
  if (Array.isArray(template)) return template.map((each: Json) => resolve(each, outputs, secrets));
  if (typeof template !== "object" || template === null) return template;
  const object = template as Record<string, Json>;
  if (typeof object["$secret"] === "string") return secrets[object["$secret"]] ?? null;
  if (Array.isArray(object["$ref"])) {
    const path = object["$ref"] as (string | number)[];
    return path.reduce<Json>((value, key) => (value as Record<string | number, Json>)[key] as Json, outputs);
  }
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, resolve(value, outputs, secrets)]));
}
