import { asText } from "../core/references.ts";
import { canonicalJson, type Json, type JsonObject } from "../json.ts";
import type { Template } from "../plan.ts";

interface At {
  /** What the value would be called. */
  hint: string;
  step: string;
}

/** Parameters as they are found in values of a plan. */
export interface FoundParameters {
  /** As a runbook's file declares them, by name. */
  readonly declarations: ReadonlyMap<string, JsonObject>;
  /** What each was in the plan. */
  readonly values: ReadonlyMap<string, Json>;
  /** A value as a file says it: references as expressions, and what is a parameter as one. */
  template(value: Template, other: Template | undefined, at: At): Json;
  /** A text in which the environment and values of parameters stand, with expressions in their place. */
  within(text: string, environment: string): string;
}

/** `comparing`: what differs from another plan becomes a parameter; otherwise what is one of the plan's own. */
export function foundIn(own: JsonObject, comparing: boolean): FoundParameters {
  const declarations = new Map<string, JsonObject>();
  const values = new Map<string, Json>();
  const names = new Map<string, string>();

  const parameter = (key: string, value: Json, { hint, step }: At): string => {
    const known = names.get(key);
    if (known !== undefined) return known;
    const wanted = [hint, `${step}_${hint}`, ...Array.from({ length: 1_000 }, (_, index) => `${hint}${index + 2}`)];
    const name = wanted.map(nameOf).find((one) => !declarations.has(one)) ?? hint;
    names.set(key, name);
    values.set(name, value);
    declarations.set(name, { type: typeOf(value) });
    return name;
  };
  const ownName = (value: Json, hint: string): string | undefined =>
    Object.keys(own).find(
      (name) => canonicalJson(own[name]) === canonicalJson(value) && (name === hint || isTelling(value)),
    );

  const template = (value: Template, other: Template | undefined, at: At): Json => {
    const expression = expressionOf(value);
    if (expression !== null) return expression;
    if (comparing && other !== undefined && !alike(value, other))
      return `\${{ parameters.${parameter(canonicalJson([value, other]), value, at)} }}`;
    const name = comparing ? undefined : ownName(value, at.hint);
    if (name !== undefined)
      return `\${{ parameters.${parameter(canonicalJson(value), value, { ...at, hint: name })} }}`;
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value))
      return value.map((one, index) => template(one as Json, (other as readonly Json[] | undefined)?.[index], at));
    const inner = other as JsonObject | undefined;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, template(one, inner?.[key], { ...at, hint: key })]),
    );
  };

  return {
    declarations,
    values,
    template,
    within(text, environment) {
      const texts = [...values].filter(([, value]) => isTelling(value) && typeof value === "string");
      const marked = texts.reduce(
        (all, [name, value]) => all.replaceAll(asText(value), `\${{ parameters.${name} }}`),
        text,
      );
      return marked
        .split("/")
        .map((part) =>
          part
            .split(":")
            .map((one) => (one === environment ? "${{ environment }}" : one))
            .join(":"),
        )
        .join("/");
    },
  };
}

/** Whether two values can stay one, with their parts looked at by themselves. */
function alike(one: Json, other: Json): boolean {
  if (canonicalJson(one) === canonicalJson(other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other))
    return Array.isArray(one) && Array.isArray(other) && one.length === other.length;
  return canonicalJson(Object.keys(one).toSorted()) === canonicalJson(Object.keys(other).toSorted());
}

/** A value that is hardly the same by chance. */
function isTelling(value: Json): boolean {
  if (typeof value === "string") return value.length >= 3;
  return typeof value === "number" ? value >= 1_000 : typeof value === "object" && value !== null;
}

function typeOf(value: Json): string {
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return "json";
}

function nameOf(hint: string): string {
  const plain = hint.replaceAll(/[^a-zA-Z0-9_]/g, "_").replace(/^[^a-zA-Z]+/, "");
  return `${plain.charAt(0).toLowerCase()}${plain.slice(1)}`.slice(0, 60) || "value";
}

/** A reference as the expression that stands for it; null: it is none. */
function expressionOf(value: Template): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const keys = Object.keys(value);
  const [kind] = keys;
  if (keys.length !== 1 || kind === undefined) return null;
  const inner = (value as JsonObject)[kind] as Json;
  switch (kind) {
    case "$ref": {
      const [step, ...path] = inner as readonly (string | number)[];
      return `\${{ steps.${String(step)}.output${path.map(access).join("")} }}`;
    }
    case "$item":
      return `\${{ item${(inner as readonly (string | number)[]).map(access).join("")} }}`;
    case "$run":
      return `\${{ run${(typeof inner === "string" ? [inner] : (inner as readonly string[])).map(access).join("")} }}`;
    case "$secret":
      return `\${{ secrets${access(asText(inner))} }}`;
    case "$join":
      return (inner as readonly Json[]).map((part) => expressionOf(part) ?? asText(part)).join("");
    default:
      return null;
  }
}

function access(part: string | number): string {
  if (typeof part === "number") return `[${part}]`;
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
}
