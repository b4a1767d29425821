import type { z } from "zod";
import type { Json } from "../json.ts";
import { maximumProblems, type Finding } from "./problem.ts";
import {
  ParameterName,
  Parameters,
  RunbookHead,
  stepKinds,
  type ParameterDeclaration,
  type RunbookFile,
  type StepFile,
  type StepKind,
} from "./schema.ts";
import { didYouMean } from "./suggest.ts";

/** What a file says, as far as it has the right form. A part that hasn't is left out, and said. */
export interface Shape {
  /** Undefined where a field of the runbook itself doesn't fit. */
  readonly head: Omit<RunbookFile, "steps" | "parameters"> | undefined;
  readonly parameters: Readonly<Record<string, ParameterDeclaration>>;
  /** With its place in the file. */
  readonly steps: readonly { step: StepFile; index: number }[];
  /** Also of what doesn't fit, so that one mistake isn't reported as several. */
  readonly names: { readonly parameters: ReadonlySet<string>; readonly steps: ReadonlySet<string> };
}

type Report = (finding: Finding) => void;

/** Undefined where there is no runbook to speak of. */
export function shapeOf(value: Json, report: Report): Shape | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const hint = "Begin with `name:`, `version:`, `title:` and `steps:`.";
    report({ code: "runbook_field_invalid", message: "The file isn't a map of fields.", hint, path: [] });
    return undefined;
  }
  const given = value as { readonly [key: string]: Json };
  const head = check(RunbookHead, given, [], report);
  const declared = given["parameters"] ?? {};
  const parameters = isMap(declared) ? parametersOf(declared, report) : {};
  const steps = Array.isArray(given["steps"]) ? stepsOf(given["steps"], report) : [];
  const listed = Array.isArray(given["steps"]) ? (given["steps"] as Json[]) : [];
  const ids = listed.flatMap((one) => (isMap(one) && typeof one["id"] === "string" ? [one["id"]] : []));
  const names = { parameters: new Set(isMap(declared) ? Object.keys(declared) : []), steps: new Set(ids) };
  const { parameters: _declared, steps: _listed, ...own } = head ?? {};
  return { head: head && (own as Shape["head"]), parameters, steps, names };
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parametersOf(declared: { readonly [key: string]: Json }, report: Report): Shape["parameters"] {
  const found = Object.entries(declared).flatMap(([name, one]) => {
    const path = ["parameters", name];
    const named = ParameterName.safeParse(name);
    if (!named.success) {
      report({ code: "runbook_field_invalid", message: first(named.error), path, atKey: true });
      return [];
    }
    const read = check(Parameters, { [name]: one }, ["parameters"], report)?.[name];
    return read === undefined ? [] : [[name, read] as const];
  });
  return Object.fromEntries(found);
}

function first(error: z.ZodError): string {
  return error.issues[0]?.message ?? "";
}

function stepsOf(given: readonly Json[], report: Report): Shape["steps"] {
  return given.flatMap((one, index) => {
    const path = ["steps", index];
    if (!isMap(one)) {
      report({ code: "runbook_field_invalid", message: "A step is a map of fields.", hint: stepHint, path });
      return [];
    }
    const kinds = Object.keys(stepKinds).filter((kind) => Object.hasOwn(one, kind)) as StepKind[];
    const [kind] = kinds;
    if (kind === undefined) {
      const meant = Object.keys(one).map((key) => didYouMean(key, Object.keys(stepKinds)));
      const hint = meant.find((text) => text !== undefined) ?? stepHint;
      report({ code: "runbook_field_missing", message: "The step doesn't say what it does.", hint, path });
      return [];
    }
    if (kinds.length > 1) {
      const message = `The step has ${kinds.join(" and ")}; it can be one of them.`;
      report({
        code: "runbook_field_invalid",
        message,
        hint: "Make two steps of it.",
        path: [...path, kinds[1] ?? ""],
        atKey: true,
      });
      return [];
    }
    const schema = stepKinds[kind] as z.ZodType<StepFile>;
    const step = check(schema, one, path, report) ?? withoutFaults(schema, one);
    return step === undefined ? [] : [{ step, index }];
  });
}

/** What is left of a step without the fields that don't fit, so that the others are looked at too. */
function withoutFaults(schema: z.ZodType<StepFile>, given: { readonly [key: string]: Json }): StepFile | undefined {
  const issues = schema.safeParse(given).error?.issues ?? [];
  const wrong = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [String(issue.path[0])],
  );
  return schema.safeParse(Object.fromEntries(Object.entries(given).filter(([key]) => !wrong.includes(key)))).data;
}

const stepHint = "Give it `tool`, `run`, `wait` or `include`.";

/** What the schema makes of the value; undefined, with the reasons reported, where it doesn't fit. */
export function check<T>(
  schema: z.ZodType<T>,
  value: Json,
  base: readonly (string | number)[],
  report: Report,
): T | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) reportIssue(issue, { schema, value, base, report });
  return undefined;
}

interface Checked {
  schema: z.ZodType;
  value: Json;
  base: readonly (string | number)[];
  report: Report;
}

function reportIssue(issue: z.core.$ZodIssue, checked: Checked): void {
  const { schema, value, base, report } = checked;
  const inner = issue.path as (string | number)[];
  const path = [...base, ...inner];
  if (issue.code === "unrecognized_keys") {
    const known = fieldsAt(schema, inner, value);
    for (const key of issue.keys.slice(0, maximumProblems)) {
      const message = `There is no field ${JSON.stringify(key)} here.`;
      const hint =
        didYouMean(
          key,
          known.filter((one) => one !== key),
        ) ?? `There are ${known.join(", ")}.`;
      report({ code: "runbook_field_unknown", message, hint, path: [...path, key], atKey: true });
    }
    return;
  }
  if (issue.code === "invalid_key") {
    const message = issue.issues[0]?.message ?? issue.message;
    return report({ code: "runbook_field_invalid", message, path, atKey: true });
  }
  const found = valueAt(value, inner);
  const name = String(path.at(-1) ?? "");
  if (found === undefined) {
    const hint = name === "type" ? `There are ${typeNames.join(", ")}.` : undefined;
    return report({
      code: "runbook_field_missing",
      message: `The field ${JSON.stringify(name)} is missing.`,
      hint,
      path,
    });
  }
  if (issue.code === "invalid_union" && "discriminator" in issue && issue.discriminator !== undefined) {
    const hint = didYouMean(typeof found === "string" ? found : "", typeNames) ?? `There are ${typeNames.join(", ")}.`;
    const message = `There is no ${issue.discriminator} ${shown(found)}.`;
    return report({ code: "runbook_field_invalid", message, hint, path });
  }
  const isPlain = typeof found === "number" || typeof found === "boolean";
  const quote = isPlain && issue.code === "invalid_type" && issue.expected === "string";
  const hint = quote ? (durations.has(name) ? "Write its unit too, such as 30s." : "Put it in quotes.") : undefined;
  report({ code: "runbook_field_invalid", message: messageOf(issue, found), hint, path });
}

const durations = new Set(["timeout", "initial", "max", "for", "deadline"]);

const typeNames = [
  "text",
  "integer",
  "number",
  "boolean",
  "duration",
  "url",
  "secret",
  "list",
  "map",
  "object",
  "json",
];

export function messageOf(issue: z.core.$ZodIssue, found: Json): string {
  switch (issue.code) {
    case "invalid_type":
      return `It must be ${typeWords[issue.expected] ?? issue.expected}, not ${shown(found)}.`;
    case "invalid_value":
      return `It must be ${issue.values.map((one) => JSON.stringify(one)).join(" or ")}, not ${shown(found)}.`;
    case "too_small":
      return `It must ${quantity(issue.origin)} ${String(issue.minimum)} or more.`;
    case "too_big":
      return `It must ${quantity(issue.origin)} ${String(issue.maximum)} or less.`;
    default:
      return issue.message.startsWith("Invalid") ? `${shown(found)} doesn't fit here.` : sentence(issue.message);
  }
}

function quantity(origin: string): string {
  return origin === "string" ? "be as long as" : origin === "array" || origin === "set" ? "have" : "be";
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `It ${text}.`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of fields",
  record: "a map",
};

/** A value in a message, briefly. */
export function shown(value: Json): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a map";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

export function valueAt(value: Json, path: readonly (string | number)[]): Json | undefined {
  let here: Json | undefined = value;
  for (const part of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as { readonly [key: string]: Json })[part];
  }
  return here;
}

/** The fields that a map at this place may have. */
function fieldsAt(schema: z.ZodType, path: readonly (string | number)[], value: Json): string[] {
  const { def } = schema as unknown as { def: Record<string, unknown> & { type: string } };
  const [next, ...rest] = path;
  const below = (inner: unknown): string[] => fieldsAt(inner as z.ZodType, rest, valueAt(value, [next ?? ""]) ?? null);
  switch (def.type) {
    case "optional":
    case "default":
      return fieldsAt(def["innerType"] as z.ZodType, path, value);
    case "lazy":
      return fieldsAt((def["getter"] as () => z.ZodType)(), path, value);
    case "union": {
      const { options, discriminator = "" } = def as unknown as { options: z.ZodType[]; discriminator?: string };
      const type = valueAt(value, [discriminator]);
      const fitting = options.filter((option) => {
        const literal = (option as z.ZodObject).shape?.[discriminator] as { def?: { values?: unknown[] } } | undefined;
        return type === undefined || literal?.def?.values?.includes(type) === true;
      });
      return fitting.flatMap((option) => fieldsAt(option, path, value));
    }
    case "object": {
      const { shape } = schema as z.ZodObject;
      if (next === undefined) return Object.keys(shape);
      return Object.hasOwn(shape, next) ? below(shape[String(next)]) : [];
    }
    case "array":
      return next === undefined ? [] : below(def["element"]);
    case "record":
      return next === undefined ? [] : below(def["valueType"]);
    default:
      return [];
  }
}
