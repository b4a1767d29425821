import type { Action, ResourceChange, TerraformPlan } from "./parse.ts";
import type { OutputChange } from "./schemas.ts";

const sensitiveText = "(sensitive value)";
const unknownText = "(known after apply)";

/** Longer diffs are cut; the counts above them stay whole. */
const longestDiff = 200_000;

/** A diff for people. What Terraform marks as sensitive never appears in it. */
export function describePlan(plan: TerraformPlan): string {
  const hidden = hiding(plan.secrets);
  const blocks = plan.resources
    .filter(({ action }) => action !== "none")
    .map((change) => describeResource(change, hidden));
  const outputs = describeOutputs(plan).map(
    ({ name, action, before, after }) => `${symbols[action]} output ${name} = ${arrow(before, after)}`,
  );
  const text = [...blocks, ...(outputs.length > 0 ? [outputs.join("\n")] : [])].join("\n\n");
  if (text === "") return "No changes.";
  return text.length <= longestDiff ? text : `${text.slice(0, longestDiff)}\n… cut, ${text.length} characters in all`;
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

const symbols: Record<Action, string> = {
  create: "+",
  update: "~",
  replace: "-/+",
  delete: "-",
  forget: ".",
  import: "=>",
  move: "->",
  none: " ",
};

const words: Record<Action, string> = {
  create: "will be created",
  update: "will be updated in place",
  replace: "will be destroyed and created anew",
  delete: "will be destroyed",
  forget: "will no longer be managed (the object stays)",
  import: "will be imported",
  move: "has moved",
  none: "stays as it is",
};

function describeResource(change: ResourceChange, hidden: Hidden): string {
  const because = change.replacedBecause.length > 0 ? `, because of ${change.replacedBecause.join(", ")}` : "";
  const head = `${symbols[change.action]} ${visible(change.address)} ${words[change.action]}${because}`;
  const before = leaves(change.before, change.beforeSensitive, false, hidden);
  const after = leaves(change.after, change.afterSensitive, change.afterUnknown, hidden);
  const lines = [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((path) => {
    const [was, becomes] = [before.get(path), after.get(path)];
    // Two sensitive values look alike; whether they differ would tell something about them.
    if (was === becomes) return was === sensitiveText && change.action === "update" ? [`    ${path} = ${was}`] : [];
    const symbol = was === undefined ? "+" : becomes === undefined ? "-" : "~";
    return [`    ${symbol} ${path} = ${arrow(was, becomes)}`];
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
