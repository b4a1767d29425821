import cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { PolicyProblem } from "@gantry/sdk/api";
import { checkNames, type KnownNames } from "./check-names.ts";
import { policySchema } from "./schema.ts";
import type { Add, ReadStatement } from "./statement.ts";
import { createPlaces, offsetsOf } from "./text-places.ts";

export interface CheckedText {
  problems: PolicyProblem[];
  statements: readonly ReadStatement[];
}

/**
 * What keeps a text from being a policy of an organization: it doesn't parse, permits something, speaks of what there isn't, or
 * lacks what decisions need. And warnings: what can never match, approvals that nobody could give, and,
 * where it is told what there is, names that nothing has.
 */
export function checkText(text: string, known?: KnownNames): CheckedText {
  const placeAt = createPlaces(text);
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === "failure") {
    const problems = flatten(parts.errors).map((error): PolicyProblem => {
      return {
        severity: "error",
        rule: "syntax",
        message: wordsOf(error),
        statement: null,
        ...placeAt(startOf(error)),
      };
    });
    return { problems, statements: [] };
  }
  const problems: PolicyProblem[] = [];
  const add = (severity: PolicyProblem["severity"], rule: string, message: string, of: ReadStatement, at = 0): void =>
    void problems.push({ severity, rule, message, statement: of.id, ...placeAt(of.at + at) });
  const statements = offsetsOf(text, parts.policies).flatMap(({ part, at }): ReadStatement[] => {
    const read = cedar.policyToJson(part);
    if (read.type === "failure") return [];
    return [{ id: read.json.annotations?.["id"] || null, json: read.json, text: part, at }];
  });
  for (const { at } of offsetsOf(text, parts.policy_templates)) {
    const message = "A policy can't be a template (?principal, ?resource).";
    problems.push({ severity: "error", rule: "template", message, statement: null, ...placeAt(at) });
  }
  if (statements.length + problems.length === 0)
    problems.push({
      severity: "error",
      rule: "empty",
      message: "It forbids nothing.",
      statement: null,
      line: 1,
      column: 1,
    });
  for (const one of statements) checkStatement(one, statements, add);
  for (const one of statements) checkAgainstSchema(one, add);
  if (known !== undefined && problems.every(({ severity }) => severity !== "error"))
    for (const one of statements) checkNames(one, known, add);
  return { problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column), statements };
}

const annotationsKnown = ["id", "reason", "approval", "shared"];

function checkStatement(one: ReadStatement, all: readonly ReadStatement[], add: Add): void {
  const { effect, annotations = {} } = one.json as { effect: string; annotations?: Record<string, string> };
  if (effect === "permit") {
    const why = "A policy only takes away: what is allowed, roles and the installation's policies say.";
    add("error", "permit", `${why} Write \`forbid … unless { … }\` for what must hold, or give somebody a role.`, one);
  }
  if (one.id === null) add("error", "no-id", 'It has no @id("…"), by which decisions name it.', one);
  else {
    if (!/^[a-z][a-z0-9-]{0,62}$/.test(one.id))
      add("error", "id", `The @id ${one.id} must be a lower-case letter, then letters, digits or -, 63 at most.`, one);
    if (all.find(({ id }) => id === one.id) !== one)
      add("error", "duplicate-id", `Two statements have the @id ${one.id}.`, one);
  }
  for (const name of Object.keys(annotations).filter((given) => !annotationsKnown.includes(given)))
    add("warning", "annotation", `@${name} means nothing here; known are @${annotationsKnown.join(", @")}.`, one);
  const { approval } = annotations;
  if (approval !== undefined) checkApproval(one, approval, add);
}

function checkApproval(one: ReadStatement, approval: string, add: Add): void {
  if (!/^[a-z][a-z0-9-]*:[1-9]\d?$/.test(approval))
    return add("error", "approval", `@approval must look like "group:count", not ${JSON.stringify(approval)}.`, one);
  if (!JSON.stringify(one.json).includes('"attr":"approved"')) {
    const how = "Add `unless { context.approved }`, or take the @approval away.";
    add("warning", "approval-never-lifts", `It forbids what was approved, too, so no approval lifts it. ${how}`, one);
  }
  const beyond = actionsOf(one)?.filter((id) => !["apply", "undo", "tool:call"].includes(id));
  if (beyond === undefined || beyond.length > 0) {
    const what = beyond === undefined ? "every action" : beyond.join(", ");
    const how = 'Limit it to `action in [Action::"apply", Action::"undo"]`.';
    add("warning", "approval-elsewhere", `It is about ${what}, and people approve change sets only. ${how}`, one);
  }
}

/** The actions that its scope names; undefined: any. */
function actionsOf({ json }: ReadStatement): string[] | undefined {
  const text = JSON.stringify((json as { action: unknown }).action);
  const named = [...text.matchAll(/"id":"([^"]*)"/g)].map(([, id = ""]) => id);
  return named.length === 0 ? undefined : named;
}

let schema: string | undefined;

function checkAgainstSchema(one: ReadStatement, add: Add): void {
  const answer = cedar.validate({
    schema: (schema ??= policySchema()),
    policies: { staticPolicies: { it: one.text } },
  });
  if (answer.type === "failure") return answer.errors.forEach((error) => add("error", "schema", wordsOf(error), one));
  // The same of each action that it is about: said once.
  const errors = Map.groupBy(
    answer.validationErrors,
    ({ error }) => `${startOf(error)} ${error.message.replaceAll(/Action::"[^"]*"/g, "")}`,
  );
  for (const [first, ...others] of errors.values()) {
    if (first === undefined) continue;
    const more = others.length === 0 ? "" : ` (and for ${others.length} other actions)`;
    add("error", "schema", `${wordsOf(first.error)}${more}`, one, startOf(first.error));
  }
  if (answer.validationErrors.length > 0) return;
  for (const { error } of answer.validationWarnings.slice(-1))
    add("warning", "never-matches", `It can never match: ${wordsOf(error)}`, one);
}

function flatten<D extends { related?: D[] }>(errors: readonly D[]): D[] {
  return errors.flatMap((error) => [error, ...flatten(error.related ?? [])]);
}

interface Told {
  message: string;
  help: string | null;
  sourceLocations?: { start: number }[];
}

const startOf = ({ sourceLocations }: Told): number => sourceLocations?.[0]?.start ?? 0;

function wordsOf({ message, help }: Told): string {
  const words = message.replaceAll("for policy `it`, ", "");
  const all = help === null ? words : `${words}; ${help.replaceAll("for policy `it`, ", "")}`;
  return /[.?!]$/.test(all) ? all : `${all}.`;
}
