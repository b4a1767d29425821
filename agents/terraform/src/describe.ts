import type { ThingChange } from "@gantry/sdk";
import type { ResourceChange, TerraformPlan } from "./parse.ts";
import type { OutputChange } from "./schemas.ts";

const sensitiveText = "(sensitive value)";
const unknownText = "(known after apply)";

/** Longer diffs are cut; the counts above them stay whole. */
const longestDiff = 200_000;

const mostChanges = 500;

/** What becomes of each object and output, as text. What Terraform marks as sensitive never appears in it. */
export function changesOf(plan: TerraformPlan): ThingChange[] {
  let room = longestDiff;
  return allChanges(plan)
    .slice(0, mostChanges)
    .filter((change) => (room -= JSON.stringify(change).length) >= 0);
}

/** The same as a diff for people. */
export function describePlan(plan: TerraformPlan): string {
  const changes = allChanges(plan);
  const [objects, outputs] = [
    changes.filter(({ name }) => !isOutput(name)),
    changes.filter(({ name }) => isOutput(name)),
  ];
  const blocks = objects.map(describeObject);
  const lines = outputs.map(({ name, action, parts: [value] }) => {
    return `${symbols[action]} ${name.replace(".", " ")} = ${arrow(value?.before, value?.after)}`;
  });
  const text = [...blocks, ...(lines.length > 0 ? [lines.join("\n")] : [])].join("\n\n");
  if (text === "") return "No changes.";
  return text.length <= longestDiff ? text : `${text.slice(0, longestDiff)}\n… cut, ${text.length} characters in all`;
}

/** No object's address begins so: `output` is no resource type. */
function isOutput(name: string): boolean {
  return name.startsWith("output.");
}

function allChanges(plan: TerraformPlan): ThingChange[] {
  const hidden = hiding(plan.secrets);
  const objects = plan.resources.flatMap((change) => changeOf(change, hidden));
  const outputs = describeOutputs(plan).map(({ name, action, before, after }) => ({
    name: `output.${visible(name)}`,
    action,
    parts: [{ path: "value", ...(before !== undefined && { before }), ...(after !== undefined && { after }) }],
  }));
  return [...objects, ...outputs];
}

/** Outputs that change, values as text. */
export function describeOutputs({ outputs, secrets }: Pick<TerraformPlan, "outputs" | "secrets">): OutputChange[] {
  const hidden = hiding(secrets);
  return outputs.flatMap(({ name, action, ...values }) => {
    if (action === "none") return [];
    const sensitive =
      isMarked(values.beforeSensitive) ||
      isMarked(values.afterSensitive) ||
      [values.before, values.after].some((value) => someLeaf(value, hidden));
    const leaf = (value: unknown, unknown: unknown): string | undefined =>
      sensitive ? sensitiveText : isMarked(unknown) ? unknownText : value === undefined ? undefined : quote(value);
    const before = action === "create" ? undefined : leaf(values.before, false);
    const after = action === "delete" ? undefined : leaf(values.after, values.afterUnknown);
    return [
      { name, action, sensitive, ...(before !== undefined && { before }), ...(after !== undefined && { after }) },
    ];
  });
}

const symbols: Record<ThingChange["action"], string> = {
  create: "+",
  update: "~",
  replace: "-/+",
  delete: "-",
  forget: ".",
  import: "=>",
  move: "->",
};

const words: Record<ThingChange["action"], string> = {
  create: "will be created",
  update: "will be updated in place",
  replace: "will be destroyed and created anew",
  delete: "will be destroyed",
  forget: "will no longer be managed (the object stays)",
  import: "will be imported",
  move: "has moved",
};

function changeOf(change: ResourceChange, hidden: Hidden): ThingChange[] {
  const { address, action, replacedBecause } = change;
  if (action === "none") return [];
  const before = leaves(change.before, change.beforeSensitive, false, hidden);
  const after = leaves(change.after, change.afterSensitive, change.afterUnknown, hidden);
  const parts = [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((path) => {
    const [was, becomes] = [before.get(path), after.get(path)];
    // Two sensitive values look alike; whether they differ would tell something about them.
    if (was === becomes && !(was === sensitiveText && action === "update")) return [];
    return [{ path, ...(was !== undefined && { before: was }), ...(becomes !== undefined && { after: becomes }) }];
  });
  const because = replacedBecause.length > 0 ? { because: visible(replacedBecause.join(", ")) } : {};
  return [{ name: visible(address), action, ...because, parts }];
}

function describeObject({ name, action, because, parts }: ThingChange): string {
  const head = `${symbols[action]} ${name} ${words[action]}${because === undefined ? "" : `, because of ${because}`}`;
  const lines = parts.map(({ path, before, after }) => {
    if (before === after) return `    ${path} = ${before ?? ""}`;
    const symbol = before === undefined ? "+" : after === undefined ? "-" : "~";
    return `    ${symbol} ${path} = ${arrow(before, after)}`;
  });
  return [head, ...lines].join("\n");
}

/** Every scalar in a value by its path, as text; null and empty ones are left out, sensitive parts are one leaf. */
function leaves(value: unknown, sensitive: unknown, unknown: unknown, hidden: Hidden): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (path: string, at: unknown, masked: unknown, open: unknown): void => {
    if (masked === true) {
      if ((at !== null && at !== undefined) || isMarked(open)) found.set(path, sensitiveText);
    } else if (open === true) found.set(path, unknownText);
    else {
      const keys = new Set([...keysOf(at), ...keysOf(open)]);
      if (keys.size > 0)
        for (const key of keys)
          walk(
            path === "" ? visible(key) : `${path}.${visible(key)}`,
            child(at, key),
            child(masked, key),
            child(open, key),
          );
      else if (at !== null && at !== undefined && !isComposite(at))
        found.set(path, hidden(at) ? sensitiveText : quote(at));
    }
  };
  walk("", value, sensitive, unknown);
  return found;
}

type Hidden = (leaf: unknown) => boolean;

/** Shorter texts are hidden where they are the whole value only: inside of others they would hide half the diff. */
const shortest = 4;

/** Recognises values that are, or contain, one that is sensitive elsewhere in the plan. */
function hiding(secrets: TerraformPlan["secrets"]): Hidden {
  const whole = new Set<unknown>(secrets.filter((secret) => secret !== ""));
  const parts = secrets.filter((secret) => typeof secret === "string" && secret.length >= shortest) as string[];
  return (leaf) => whole.has(leaf) || (typeof leaf === "string" && parts.some((part) => leaf.includes(part)));
}

function someLeaf(value: unknown, holds: Hidden): boolean {
  return isComposite(value) ? Object.values(value).some((part) => someLeaf(part, holds)) : holds(value);
}

function isComposite(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function keysOf(value: unknown): string[] {
  return isComposite(value) ? Object.keys(value) : [];
}

function child(value: unknown, key: string): unknown {
  return isComposite(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** True when a mask marks the value or any part of it. */
function isMarked(mask: unknown): boolean {
  return mask === true || (isComposite(mask) && Object.values(mask).some(isMarked));
}

function arrow(before: string | undefined, after: string | undefined): string {
  if (before === undefined) return after ?? "";
  return after === undefined ? before : `${before} -> ${after}`;
}

function quote(value: unknown): string {
  return visible(JSON.stringify(value));
}

/** Characters that change how text is shown (controls, bidirectional overrides) become escapes. */
function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
