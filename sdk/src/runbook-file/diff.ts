import { z } from "zod";
import { digestOf, Json } from "../json.ts";
import type { ParameterDeclaration } from "./schema.ts";
import type { Shape } from "./shape.ts";

/** One thing that differs between two versions of a runbook. */
export const RunbookChange = z.object({
  /** What it is a part of. */
  of: z.enum(["runbook", "parameter", "step"]),
  /** Of the parameter or step; of the field, where it is the runbook's own. */
  name: z.string(),
  change: z.enum(["added", "removed", "changed"]),
  /** Whether callers of the old version may have to do something: a parameter went, is needed, or takes less. */
  breaking: z.boolean(),
  /** What differs in it, by the path of the field; null where there is nothing. */
  fields: z.array(z.object({ path: z.string(), before: Json, after: Json })),
});
export type RunbookChange = z.infer<typeof RunbookChange>;

type Fields = RunbookChange["fields"];

/** What is different in the newer file, by meaning: order, comments and style don't count, nor do its tests. */
export function diffRunbooks(before: Shape, after: Shape): RunbookChange[] {
  const { tests: _old, name: _name, version: _version, ...oldHead } = before.head ?? {};
  const { tests: _new, name: _itsName, version: _itsVersion, ...newHead } = after.head ?? {};
  return [
    ...fieldsBetween(asJson(oldHead), asJson(newHead), []).map((field): RunbookChange => ({
      of: "runbook",
      name: field.path,
      change: field.before === null ? "added" : field.after === null ? "removed" : "changed",
      breaking: false,
      fields: [field],
    })),
    ...entriesBetween("parameter", before.parameters, after.parameters),
    ...entriesBetween("step", stepsOf(before), stepsOf(after)),
  ];
}

function stepsOf({ steps }: Shape): Record<string, unknown> {
  return Object.fromEntries(steps.map(({ step }) => [step.id, step]));
}

function entriesBetween(
  of: "parameter" | "step",
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): RunbookChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name): RunbookChange[] => {
    const [old, now] = [before[name], after[name]];
    const fields = old === undefined || now === undefined ? [] : fieldsBetween(asJson(old), asJson(now), []);
    if (old !== undefined && now !== undefined && fields.length === 0) return [];
    const change = old === undefined ? "added" : now === undefined ? "removed" : "changed";
    const breaking =
      of === "parameter" &&
      isBreaking(old as ParameterDeclaration | undefined, now as ParameterDeclaration | undefined);
    return [{ of, name, change, breaking, fields }];
  });
}

/** Whether values that were good before, leaving it out among them, may be refused now. */
function isBreaking(before: ParameterDeclaration | undefined, after: ParameterDeclaration | undefined): boolean {
  if (after === undefined) return true;
  const isNeeded = after.default === undefined && after.optional !== true;
  if (before === undefined) return isNeeded;
  if (before.type !== after.type) return true;
  if (isNeeded && (before.default !== undefined || before.optional === true)) return true;
  const [old, now] = [before as Limits, after as Limits];
  return (
    (now.min ?? -Infinity) > (old.min ?? -Infinity) ||
    (now.max ?? Infinity) < (old.max ?? Infinity) ||
    (now.pattern !== undefined && now.pattern !== old.pattern) ||
    (now.enum !== undefined && (old.enum === undefined || old.enum.some((one) => !now.enum?.includes(one)))) ||
    JSON.stringify(now.items ?? null) !== JSON.stringify(old.items ?? null) ||
    JSON.stringify(now.fields ?? null) !== JSON.stringify(old.fields ?? null)
  );
}

interface Limits {
  min?: number;
  max?: number;
  pattern?: string;
  enum?: readonly unknown[];
  items?: unknown;
  fields?: unknown;
}

function fieldsBetween(before: Json, after: Json, path: readonly string[]): Fields {
  if (isMap(before) && isMap(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => fieldsBetween(before[key] ?? null, after[key] ?? null, [...path, key]));
  }
  return digestOf(before) === digestOf(after) ? [] : [{ path: path.join("."), before, after }];
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
