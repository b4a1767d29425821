import {
  createPlanBuilder,
  effectOrder,
  type AnyTool,
  type Effect,
  type Json,
  type JsonObject,
  type Runbook,
  type Step,
} from "@gantry/sdk";
import type { Schema } from "./parameters.ts";
import type { EffectOf } from "./types.ts";

export interface EffectDeps {
  readonly runbooks: ReadonlyMap<string, Pick<Runbook, "spec">>;
  readonly tools: ReadonlyMap<string, Pick<AnyTool, "effect">>;
  /** JSON Schema of a runbook's parameters. */
  readonly schemaOf: (runbook: string) => JsonObject;
}

/**
 * The most that a runbook may do: what the tools of its plan declare. A plan is a pure function of its parameters, so it can be
 * made just to look; what isn't known yet is filled with samples. Whatever can't be found out counts as destroying.
 */
export function createEffectOf({ runbooks, tools, schemaOf }: EffectDeps): EffectOf {
  return (name, parameters) => worstOf(name, parameters, 0);

  function worstOf(name: string, parameters: JsonObject, depth: number): Effect {
    const found = runbooks.get(name);
    if (found === undefined || depth > 5) return "destroys";
    try {
      const builder = createPlanBuilder("sample");
      found.spec.plan(builder, { ...sampleOf(schemaOf(name)), ...parameters });
      return worst(builder.steps.map((step) => effectOfStep(step, depth)));
    } catch {
      return "destroys";
    }
  }

  function effectOfStep(step: Step, depth: number): Effect {
    if (step.kind === "wait") return "reads";
    if (step.kind === "run") return worstOf(step.runbook, {}, depth + 1);
    return tools.get(step.tool)?.effect ?? "destroys";
  }
}

function worst(effects: readonly Effect[]): Effect {
  return effectOrder.findLast((effect) => effects.includes(effect)) ?? "reads";
}

function sampleOf({ properties = {} }: Schema): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, schema]) => {
      const value = sampleValue(schema);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function sampleValue(schema: Schema): Json | undefined {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  switch (schema.type) {
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return false;
    case "string":
      return "sample";
    case "array":
      return [];
    case "object":
      return sampleOf(schema);
    default:
      return schema.anyOf?.[0] === undefined ? undefined : sampleValue(schema.anyOf[0]);
  }
}
