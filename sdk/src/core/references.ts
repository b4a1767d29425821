import type { Json, JsonObject } from "../json.ts";
import { InvalidReferenceError } from "../plan-errors.ts";
import type { Template } from "../plan.ts";

export interface ReferenceScope {
  /** Output of a settled step. */
  output(step: string): Json;
  item: Json;
  run: JsonObject;
}

const kinds = ["$ref", "$item", "$run", "$join", "$secret"] as const;
type Kind = (typeof kinds)[number];

/** Ids of the steps whose outputs a template needs. @throws InvalidReferenceError on a malformed reference. */
export function referencedSteps(template: Template, found = new Set<string>()): Set<string> {
  walk(template, (kind, value) => {
    if (kind === "$ref") found.add((value as readonly string[])[0] ?? "");
  });
  return found;
}

/** Whether it is a reference as a whole: what it stands for is known only in the run. */
export function isReference(template: Template): boolean {
  return (
    typeof template === "object" &&
    template !== null &&
    !Array.isArray(template) &&
    Boolean(referenceIn(template as JsonObject))
  );
}

/** The template with its references replaced. SecretRefs stay. A path that leads nowhere gives null. */
export function resolveTemplate(template: Template, scope: ReferenceScope): Json {
  if (typeof template !== "object" || template === null) return template;
  if (Array.isArray(template)) return template.map((part) => resolveTemplate(part as Json, scope));
  const reference = referenceIn(template as JsonObject);
  if (!reference) {
    return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, resolveTemplate(value, scope)]));
  }
  const { kind, value } = reference;
  switch (kind) {
    case "$ref": {
      const [step, ...path] = value as readonly (string | number)[];
      return follow(scope.output(String(step)), path);
    }
    case "$item":
      return follow(scope.item, value as readonly (string | number)[]);
    case "$run":
      return follow(scope.run, value as readonly (string | number)[]);
    case "$join":
      return (value as readonly Json[]).map((part) => asText(resolveTemplate(part, scope))).join("");
    case "$secret":
      return template;
    default:
      return kind satisfies never;
  }
}

function walk(template: Template, visit: (kind: Kind, value: Json) => void): void {
  if (typeof template !== "object" || template === null) return;
  if (Array.isArray(template)) {
    for (const part of template) walk(part as Json, visit);
    return;
  }
  const reference = referenceIn(template as JsonObject);
  if (reference) {
    visit(reference.kind, reference.value);
    if (reference.kind === "$join") walk(reference.value, visit);
    return;
  }
  for (const value of Object.values(template)) walk(value, visit);
}

function referenceIn(object: JsonObject): { kind: Kind; value: Json } | null {
  const keys = Object.keys(object);
  const kind = kinds.find((known) => known === keys[0]);
  if (!kind || keys.length !== 1) return null;
  const value = object[kind] as Json;
  const isPath = Array.isArray(value) && value.every((part) => typeof part === "string" || typeof part === "number");
  if (kind === "$secret" ? typeof value !== "string" : kind === "$join" ? !Array.isArray(value) : !isPath) {
    throw new InvalidReferenceError(
      JSON.stringify(object).slice(0, 200),
      kind === "$secret" ? "a secret's name is text." : "it needs a list.",
    );
  }
  if (kind === "$ref" && typeof (value as readonly Json[])[0] !== "string") {
    throw new InvalidReferenceError(JSON.stringify(object).slice(0, 200), "it begins with a step's id.");
  }
  return { kind, value };
}

/** Own properties only: a path such as `__proto__` finds nothing. */
function follow(value: Json, path: readonly (string | number)[]): Json {
  let here: Json = value;
  for (const part of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, part)) return null;
    here = (here as JsonObject)[part] as Json;
  }
  return here;
}

/** A value as text: itself, JSON where it is not text, nothing for null. */
export function asText(value: Json): string {
  return typeof value === "string" ? value : value === null ? "" : JSON.stringify(value);
}
