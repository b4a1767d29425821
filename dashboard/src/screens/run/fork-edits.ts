import type { Json, Plan } from "@gantry/sdk";
import type { ForkRun } from "@gantry/sdk/api";

type Path = (string | number)[];

/** A part of a step's input that can be edited: a value, or a reference as a whole. */
export interface Leaf {
  step: string;
  path: Path;
  /** `image.tag`, for people. */
  name: string;
  value: Json;
  /** `build.commit`: it comes from there unless it is set. */
  reference: string | null;
}

/** Steps that are carried out anew when a fork begins at `from`: it, and everything behind it. In plan order. */
export function stepsAnew(steps: readonly { id: string; after: readonly string[] }[], from: string): string[] {
  const anew = new Set([from]);
  let grown = 0;
  while (grown !== anew.size) {
    grown = anew.size;
    for (const { id, after } of steps) if (after.some((one) => anew.has(one))) anew.add(id);
  }
  return steps.filter(({ id }) => anew.has(id)).map(({ id }) => id);
}

/** The parts of a step's input. Lists and objects that hold nothing are parts themselves. */
export function leavesOf(step: Plan["steps"][number]): Leaf[] {
  const input = step.kind === "tool" ? step.input : step.kind === "run" ? step.parameters : null;
  const leaves: Leaf[] = [];
  walk(input, [], (path, value, reference) => {
    if (path.length > 0) leaves.push({ step: step.id, path, name: nameOf(path), value, reference });
  });
  return leaves;
}

/** What was typed for a leaf, as JSON where it is such, else as text; null where it says what stood there. */
export function editOf(leaf: Leaf, typed: string): NonNullable<ForkRun["set"]>[number] | null {
  const text = shownLeaf(leaf);
  if (typed === text) return null;
  // What was a text stays one, though it may read like a number now.
  const value = typeof leaf.value === "string" ? typed : readJson(typed);
  return { step: leaf.step, path: leaf.path, value };
}

/** As it stands in the form. */
export function shownLeaf({ value, reference }: Leaf): string {
  if (reference !== null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function walk(value: Json, path: Path, visit: (path: Path, value: Json, reference: string | null) => void): void {
  if (typeof value !== "object" || value === null) return visit(path, value, null);
  const reference = Array.isArray(value) ? null : referenceOf(value as Record<string, Json>);
  const parts: [string | number, Json][] = Array.isArray(value)
    ? value.map((part, index) => [index, part as Json])
    : Object.entries(value);
  if (reference !== null || parts.length === 0) return visit(path, value, reference);
  for (const [key, part] of parts) walk(part, [...path, key], visit);
}

function referenceOf(value: Record<string, Json>): string | null {
  const [[kind, target] = ["", null]] = Object.entries(value);
  if (Object.keys(value).length !== 1 || !kind.startsWith("$")) return null;
  const path = [target].flat().map((key) => (typeof key === "string" ? key : JSON.stringify(key)));
  switch (kind) {
    case "$ref":
      return path.join(".");
    case "$item":
      return ["item", ...path].join(".");
    case "$run":
      return ["run", ...path].join(".");
    case "$secret":
      return `secret ${path.join("")}`;
    default:
      return kind === "$join" ? "several parts" : null;
  }
}

function nameOf(path: Path): string {
  return path.map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");
}

function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
