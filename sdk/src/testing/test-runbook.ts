import { z } from "zod";
import { digestOf, type Json, type JsonObject } from "../json.ts";
import type { PlanRequest } from "../make-plan.ts";
import { GantryError } from "../errors.ts";
import type { Effect, Plan } from "../plan.ts";
import type { Runbook } from "../runbook.ts";
import type { TestCase } from "../runbook-file/schema.ts";
import { defineTool } from "../tool.ts";
import { simulate, type Simulation } from "./simulate-plan.ts";

export interface CaseResult {
  name: string;
  /** What wasn't as expected; empty when all was. */
  failures: readonly string[];
}

export interface RunbookTestOptions {
  /** Runbooks that it starts as sub-runs. */
  runbooks?: readonly Runbook[];
  /** Effects of the tools, where they are known; `changes` otherwise. */
  effects?: ReadonlyMap<string, Effect>;
}

/** Makes the runbook's plan where that takes more than this process has. */
export type MakesPlans = (given: Omit<PlanRequest, "runbook">) => Promise<Plan>;

/**
 * Carries a runbook out in memory, once per case. In the place of each tool stands one that gives what the case says it
 * gives, so nothing happens to the world; everything else is what the platform does, with a clock that runs by itself.
 */
export async function testRunbook(
  runbook: Runbook | MakesPlans,
  cases: readonly TestCase[],
  options: RunbookTestOptions = {},
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const one of cases) results.push({ name: one.name, failures: await failuresOf(runbook, one, options) });
  return results;
}

async function failuresOf(
  runbook: Runbook | MakesPlans,
  one: TestCase,
  options: RunbookTestOptions,
): Promise<string[]> {
  const { expect } = one;
  const inputs = new Map<string, Json>();
  let simulation: Simulation;
  try {
    simulation = await begin(runbook, one, { ...options, inputs });
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    if (expect.refused === error.code) return [];
    return [`It was refused with ${error.code}: ${error.message}`];
  }
  await using run = simulation;
  if (expect.refused !== undefined) return [`It wasn't refused with ${expect.refused}.`];
  const { plan } = run.state;
  const failures = [
    ...differing(
      "steps",
      expect.steps,
      plan.steps.map(({ id }) => id),
    ),
    ...missing("plan", expect.plan ?? {}, planAsJson(plan)),
  ];
  const looksAtRun = [expect.status, expect.done, expect.skipped, expect.inputs].some((part) => part !== undefined);
  if (!looksAtRun) return failures;
  await carryOut(run, one);
  const ended = [...run.state.steps.values()].filter(({ items }) => items === null);
  const keysOf = (status: string) => ended.flatMap((step) => (step.status === status ? [step.key] : []));
  const { status, waiting } = run.status();
  const reached = waiting === null ? status : `${status}, on ${waiting.on}`;
  return [
    ...failures,
    ...(expect.status === undefined || expect.status === status
      ? []
      : [`status: expected ${expect.status}, got ${reached}`]),
    ...differing("done", expect.done?.toSorted(), keysOf("succeeded").toSorted()),
    ...differing("skipped", expect.skipped?.toSorted(), keysOf("skipped").toSorted()),
    ...Object.entries(expect.inputs ?? {}).flatMap(([key, wanted]) =>
      inputs.has(key) ? missing(`inputs.${key}`, wanted, inputs.get(key) ?? null) : [`inputs.${key}: it never ran`],
    ),
  ];
}

interface Beginning extends RunbookTestOptions {
  /** What each step's tool got; filled while it runs. */
  inputs: Map<string, Json>;
}

async function begin(
  runbook: Runbook | MakesPlans,
  one: TestCase,
  { runbooks = [], effects, inputs }: Beginning,
): Promise<Simulation> {
  const given = {
    parameters: (one.parameters ?? {}) as JsonObject,
    environment: one.environment ?? "test",
    variables: one.variables ?? {},
  };
  const known = new Map(effects);
  const own = typeof runbook === "function" ? [] : [runbook];
  const request = typeof runbook === "function" ? await runbook(given) : { ...given, runbook: runbook.name };
  if ("tools" in request) for (const { name, effect } of request.tools) known.set(name, effect);
  return simulate(request, {
    tools: (name) => standIn(name, { one, inputs, effect: known.get(name) ?? "changes" }),
    runbooks: [...own, ...runbooks.filter(({ name }) => name !== own[0]?.name)],
    assess: () => ({ result: "allow", policies: ["test"], reasons: [], facts: {}, approvals: [] }),
  });
}

interface StandIn {
  one: TestCase;
  inputs: Map<string, Json>;
  effect: Effect;
}

function standIn(name: string, { one, inputs, effect }: StandIn) {
  const any: z.ZodType<Json> = z.json();
  return defineTool({
    name: name as `${string}.${string}`,
    version: "0.0.0",
    title: name,
    effect,
    input: any,
    output: any,
    run: async (input, { stepKey }) => {
      const [id = ""] = stepKey.split("[");
      inputs.set(stepKey, input);
      if (one.fails?.includes(stepKey) || one.fails?.includes(id)) throw new Error(`The case lets ${stepKey} fail.`);
      return one.outputs?.[stepKey] ?? one.outputs?.[id] ?? {};
    },
    undo: async () => ({ summary: "Undone." }),
  });
}

const patience = 200;

/** Approves what is asked for, and sends the case's signals, until nothing more happens. */
async function carryOut(run: Simulation, { signals = {} }: TestCase): Promise<void> {
  const left = new Map(Object.entries(signals));
  await run.end();
  for (let round = 0; round < patience; round += 1) {
    const { waiting } = run.status();
    if (run.state.status !== null || waiting === null) return;
    if (waiting.on === "approval") await run.approve();
    else if (waiting.on === "signal") {
      const [next] = left;
      if (next === undefined) return;
      left.delete(next[0]);
      const actor = { kind: "user" as const, id: "requester", name: "requester" };
      await run.tell({ kind: "signal", actor, name: next[0], payload: next[1] });
    } else return;
    await run.end();
  }
}

function planAsJson(plan: Plan): Json {
  const { steps, ...rest } = plan;
  return JSON.parse(
    JSON.stringify({ ...rest, steps: Object.fromEntries(steps.map((step) => [step.id, step])) }),
  ) as Json;
}

function differing(what: string, expected: readonly string[] | undefined, actual: readonly string[]): string[] {
  if (expected === undefined || digestOf(expected) === digestOf(actual)) return [];
  return [`${what}: expected ${expected.join(", ") || "none"}; got ${actual.join(", ") || "none"}`];
}

/** What of `wanted` isn't in `actual`. Maps may have more; lists and values must be the same. */
function missing(path: string, wanted: Json, actual: Json): string[] {
  if (typeof wanted === "object" && wanted !== null && !Array.isArray(wanted)) {
    const has = typeof actual === "object" && actual !== null ? (actual as { readonly [key: string]: Json }) : {};
    return Object.entries(wanted).flatMap(([key, one]) =>
      missing(`${path}.${key}`, one, Object.hasOwn(has, key) ? (has[key] ?? null) : null),
    );
  }
  return digestOf(wanted) === digestOf(actual) ? [] : [`${path}: expected ${shown(wanted)}, got ${shown(actual)}`];
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
