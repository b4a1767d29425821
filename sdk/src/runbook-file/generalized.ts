import { GantryError } from "../errors.ts";
import { digestOf, type Json, type JsonObject } from "../json.ts";
import { problemsOf } from "../parameter-problems.ts";
import type { Plan } from "../plan.ts";
import { loadRunbooks } from "./load.ts";
import { deviationsFrom, type Deviation } from "./makes-plan.ts";

/** A runbook that somebody made more general than the one that follows from a run's plan. */
export interface Generalized {
  /** The file. */
  text: string;
  /** With these it gives the plan of the run. */
  parameters: JsonObject;
}

/**
 * What is wrong with it; nothing when the file holds, says what its parameters are, has the very steps of the other file in their order, without conditions for
 * leaving some out, and makes the very plan of the run but for titles. So what it does for other values can differ only where an expression stands, which people read.
 */
export function problemsOfGeneralized(plan: Plan, given: string, { text, parameters }: Generalized): string[] {
  const { runbooks, problems } = loadRunbooks([{ file: "runbook.yaml", text }]);
  const [loaded] = runbooks;
  if (loaded?.runbook === undefined) {
    const errors = problems.filter(({ severity }) => severity === "error");
    return errors.map(({ line, message, hint }) => `line ${line}: ${message}${hint === undefined ? "" : ` ${hint}`}`);
  }
  const [before] = loadRunbooks([{ file: "given.yaml", text: given }]).runbooks;
  const { name, version, shape, tests, runbook } = loaded;
  const silent = Object.entries(shape.parameters).filter(([, { help }]) => help === undefined);
  return [
    ...(name === before?.name && version === before.version ? [] : ["name and version must stay as they are"]),
    ...(runbook.spec.description === undefined ? ["it says nothing in description"] : []),
    ...(runbook.spec.intents === undefined ? ["it has no intents"] : []),
    ...(tests.length > 0 ? ["leave tests out"] : []),
    ...silent.map(([one]) => `the parameter ${one} has no help`),
    ...shape.steps.flatMap(({ step }) => [
      ...(step.if === undefined ? [] : [`step ${step.id}: leave its if out: every step was carried out`]),
      ...("include" in step ? [`step ${step.id}: it must have the kind that it had`] : []),
    ]),
    ...madeOtherwise(plan, loaded.runbook, parameters),
  ];
}

function madeOtherwise(plan: Plan, runbook: Parameters<typeof deviationsFrom>[0], parameters: JsonObject): string[] {
  const { spec } = runbook;
  const parsed = spec.parameters.safeParse(parameters);
  if (!parsed.success)
    return problemsOf(parsed.error).map(
      ({ path, message }) => `the parameters of the run don't fit: ${path}: ${message}`,
    );
  try {
    const variable = (name: string): string => plan.variables?.[name] ?? "";
    const fields: [string, Json, Json][] = [
      ["onFailure", plan.onFailure, spec.onFailure ?? "stop"],
      ["deadline", plan.deadlineMs ?? null, spec.deadlineMs ?? null],
      [
        "concurrencyKey",
        plan.concurrencyKey ?? null,
        spec.concurrencyKey?.(parsed.data, plan.environment, variable) ?? null,
      ],
    ];
    const odd = fields.flatMap(([part, wanted, made]): Deviation[] =>
      digestOf(wanted) === digestOf(made) ? [] : [{ part, wanted, made }],
    );
    return [...odd, ...deviationsFrom(runbook, plan, { parameters, titled: false })].map(
      ({ part, wanted, made }) => `with these parameters ${part} comes out as ${shown(made)}, but was ${shown(wanted)}`,
    );
  } catch (error) {
    if (error instanceof GantryError && error.fault === "user") return [error.message];
    throw error;
  }
}

function shown(value: Json): string {
  return JSON.stringify(value).slice(0, 1_000);
}
