import type { z } from "zod";
import { parseCondition } from "../core/condition.ts";
import { ConditionError, PlanInvalidError } from "../plan-errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { PlanBuilder, StepHandle } from "../plan-builder.ts";
import type { WaitFor } from "../plan.ts";
import { makeRef } from "../ref.ts";
import { defineRunbook, type Runbook } from "../runbook.ts";
import type { Tool } from "../tool.ts";
import { CelEvaluationError } from "./cel.ts";
import { millisecondsOf } from "./duration.ts";
import { asCel, asInput, parametersSchema, type Declarations } from "./parameters.ts";
import type { StepFile } from "./schema.ts";
import type { Shape } from "./shape.ts";
import type { PlanScope, Template } from "./template.ts";

/** A step with its expressions read. */
export interface CompiledStep {
  readonly file: StepFile;
  readonly title?: Template | undefined;
  /** Whether it is in the plan at all. */
  readonly included?: ((scope: PlanScope) => boolean) | undefined;
  /** CEL with the values of its `${{ … }}` written into it. */
  readonly when?: ((scope: PlanScope) => string) | undefined;
  readonly each?: Template | undefined;
  /** Of the tool, of the sub-run, of the included runbook; the time that a wait ends. */
  readonly input?: Template | undefined;
  readonly concurrencyKey?: Template | undefined;
  /** Steps without which it has nothing to work on. */
  readonly needs: ReadonlySet<string>;
  /** Of an include. */
  readonly runbook?: Runbook | undefined;
}

/** What expressions of one plan may give in all, in units of text and values. */
const planBudget = 4_000_000;

/** A runbook like one that is written in TypeScript. */
export function compileRunbook(
  { parameters }: Shape,
  head: NonNullable<Shape["head"]>,
  steps: readonly CompiledStep[],
  concurrencyKey: Template | undefined,
): Runbook {
  const { name, version, title, description, intents, examples, deprecated, onFailure, deadline } = head;
  const scopeOf = (given: z.infer<z.ZodObject>, at: Pick<PlanScope, "environment" | "variable">) =>
    planScope(parameters, given, at);
  return defineRunbook({
    name: name as `${string}.${string}`,
    version,
    title,
    ...(description === undefined ? {} : { description }),
    ...(intents === undefined ? {} : { intents }),
    ...(examples === undefined ? {} : { examples }),
    ...(deprecated === undefined ? {} : { deprecated }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(deadline === undefined ? {} : { deadlineMs: millisecondsOf(deadline) }),
    ...(concurrencyKey === undefined
      ? {}
      : {
          concurrencyKey: (given, environment, variable) =>
            working("concurrencyKey", () => textOf(concurrencyKey(scopeOf(given, { environment, variable })))),
        }),
    parameters: parametersSchema(parameters),
    plan: (builder, given) => addSteps(builder, steps, scopeOf(given, builder)),
  });
}

function planScope(
  declarations: Declarations,
  given: Readonly<Record<string, unknown>>,
  { environment, variable }: Pick<PlanScope, "environment" | "variable">,
): PlanScope {
  const entries = Object.entries(declarations).flatMap(([name, declaration]) =>
    given[name] === undefined ? [] : [[name, given[name] as Json, declaration] as const],
  );
  return {
    environment,
    variable,
    parameters: Object.fromEntries(entries.map(([name, value, declaration]) => [name, asInput(value, declaration)])),
    cel: Object.fromEntries(entries.map(([name, value, declaration]) => [name, asCel(value, declaration)])),
    size: sizeOf(entries.map(([, value]) => value)),
    budget: { left: planBudget },
  };
}

function sizeOf(value: Json): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, one) => sum + sizeOf(one), 1);
}

/** In the order of the file. What needs the output of a step that is left out is left out too, as with one that is skipped. */
function addSteps(builder: PlanBuilder, steps: readonly CompiledStep[], scope: PlanScope): void {
  const left = leftOut(steps, scope);
  for (const step of steps) {
    const { id } = step.file;
    if (!left.has(id)) working(`steps.${id}`, () => addStep(builder, step, { scope, left }));
  }
}

function leftOut(steps: readonly CompiledStep[], scope: PlanScope): Set<string> {
  const left = new Set<string>();
  for (const { file, included } of steps) {
    if (included && !working(`steps.${file.id}.if`, () => included(scope))) left.add(file.id);
  }
  for (let before = -1; before < left.size;) {
    before = left.size;
    for (const { file, needs } of steps) if ([...needs].some((id) => left.has(id))) left.add(file.id);
  }
  return left;
}

interface Adding {
  scope: PlanScope;
  left: ReadonlySet<string>;
}

function addStep(builder: PlanBuilder, step: CompiledStep, { scope, left }: Adding): void {
  const { file } = step;
  const input = step.input?.(scope) ?? {};
  const options = {
    after: (file.after ?? [])
      .filter((id) => !left.has(id))
      .map((id): StepHandle => ({ id, output: makeRef("$ref", [id]) })),
    ...(step.title === undefined ? {} : { title: textOf(step.title(scope)) }),
    ...(step.when === undefined ? {} : { when: conditionOf(step.when(scope)) }),
  };
  const each = step.each?.(scope);
  if ("tool" in file) {
    const tool: Tool<Json, Json> = { name: file.tool, effect: "reads", spec: nothing };
    const { timeout, retry, undo } = file;
    const more = {
      ...options,
      ...(timeout === undefined ? {} : { timeoutMs: millisecondsOf(timeout) }),
      ...(retry === undefined ? {} : { retry: retryOf(retry) }),
      ...(step.concurrencyKey === undefined ? {} : { concurrencyKey: step.concurrencyKey(scope) as string }),
      ...(undo === undefined ? {} : { undo }),
    };
    if (each === undefined) builder.step(file.id, tool, input, more);
    else builder.each(file.id, listOf(each), tool, () => input as never, { ...more, ...parallelOf(file) });
  } else if ("run" in file) {
    if (each === undefined) builder.subRun(file.id, file.run, input, options);
    else builder.eachSubRun(file.id, listOf(each), file.run, () => input, { ...options, ...parallelOf(file) });
  } else if ("wait" in file) {
    builder.wait(file.id, waitFor(file.wait, step.input?.(scope) ?? ""), options);
  } else if (step.runbook) {
    builder.include(file.id, step.runbook, input as JsonObject, options);
  }
}

/** A builder looks at a tool's name only; what the tool is the catalogue knows. */
const nothing = {} as Tool<Json, Json>["spec"];

function parallelOf({ parallel }: { parallel?: number | undefined }) {
  return parallel === undefined ? {} : { parallel };
}

function retryOf(retry: NonNullable<Extract<StepFile, { tool: string }>["retry"]>) {
  const { attempts, initial, factor, max } = retry;
  return {
    attempts,
    ...(initial === undefined ? {} : { initialMs: millisecondsOf(initial) }),
    ...(factor === undefined ? {} : { factor }),
    ...(max === undefined ? {} : { maxMs: millisecondsOf(max) }),
  };
}

function waitFor(wait: Extract<StepFile, { wait: object }>["wait"], until: Json): WaitFor {
  const timeout = wait.timeout === undefined ? {} : { timeoutMs: millisecondsOf(wait.timeout) };
  if (wait.for !== undefined) return { kind: "duration", ms: millisecondsOf(wait.for) };
  if (wait.signal !== undefined) return { kind: "signal", name: wait.signal, ...timeout };
  if (wait.approval !== undefined) {
    return { kind: "approval", group: wait.approval, count: wait.count ?? 1, timeoutMs: 24 * 3_600_000, ...timeout };
  }
  return { kind: "time", at: until };
}

/** A list, or a reference to what will be one. */
function listOf(value: Json): readonly Json[] {
  const isReference = typeof value === "object" && value !== null;
  if (!isReference) throw new CelEvaluationError(`\`each\` gives ${JSON.stringify(value)}, which is no list.`);
  return value as readonly Json[];
}

function textOf(value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new CelEvaluationError("It must be text that is known when the plan is made.");
}

function conditionOf(text: string): string {
  parseCondition(text);
  return text;
}

/** Says of what part of the runbook it is that an expression can't be worked out. */
function working<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CelEvaluationError || error instanceof ConditionError)
      throw new PlanInvalidError([{ path, message: error.message.replace(/\.$/, "") }]);
    throw error;
  }
}
