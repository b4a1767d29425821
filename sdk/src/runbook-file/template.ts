import { joinOf } from "../ref.ts";
import { asText } from "../core/references.ts";
import type { Json } from "../json.ts";
import {
  CelEvaluationError,
  CelSyntaxError,
  evaluateCel,
  parseCel,
  type Budget,
  type Parsed,
  type Use,
} from "./cel.ts";
import { didYouMean } from "./suggest.ts";
import type { CelInput } from "@bufbuild/cel";

/** What expressions are worked out with when a plan is made. */
export interface PlanScope {
  readonly environment: string;
  /** @throws VariableUnknownError */
  readonly variable: (name: string) => string;
  /** As inputs see them; one that wasn't given isn't there. */
  readonly parameters: Readonly<Record<string, Json>>;
  /** As CEL sees them. */
  readonly cel: Readonly<Record<string, CelInput>>;
  /** How many values the parameters are. */
  readonly size: number;
  readonly budget: Budget;
}

/** Works a template out; undefined for an optional parameter that wasn't given. */
export type Template = (scope: PlanScope) => Json | undefined;

/** Something wrong with an expression, in the order of the expressions of a text. */
export interface ExpressionFault {
  code: "runbook_expression_invalid" | "runbook_reference_unknown" | "runbook_secret_in_text";
  message: string;
  hint?: string | undefined;
  expression: number;
  offset: number;
}

/** What may be named where the template stands. */
export interface Names {
  readonly parameters: ReadonlySet<string>;
  /** Undefined: nothing that is known only while the run goes on. */
  readonly late?: { readonly steps: ReadonlySet<string>; readonly item: boolean } | undefined;
  readonly secrets: boolean;
}

export interface ReadTemplate {
  readonly template: Template;
  /** Every name that its expressions use. */
  readonly uses: readonly { use: Use; expression: number }[];
}

export const runFacts = ["id", "environment", "requester", "goal"];

/**
 * Reads a text with `${{ … }}` in it. One expression and nothing else keeps the type of its value; in a longer text values
 * become text. What is known when the plan is made is worked out then; what isn't is passed on as a reference.
 */
export function readText(text: string, names: Names, fault: (fault: ExpressionFault) => void): ReadTemplate {
  const pieces = splitText(text, fault);
  const [only] = pieces;
  const uses: { use: Use; expression: number }[] = [];
  let expression = -1;
  const read = pieces.map((piece): Template => {
    if (typeof piece === "string") return () => piece;
    expression += 1;
    const at = { expression };
    const parsed = parse(piece.expression, at, fault);
    if (!parsed) return () => null;
    uses.push(...parsed.uses.map((use) => ({ use, ...at })));
    return readExpression(parsed, { names, alone: pieces.length === 1, at, fault });
  });
  if (pieces.length === 0) return { template: () => "", uses };
  if (pieces.length === 1) return { template: typeof only === "string" ? () => only : (read[0] as Template), uses };
  return { template: (scope) => joinPieces(read.map((one) => one(scope) ?? null)), uses };
}

function joinPieces(values: readonly Json[]): Json {
  const parts = values.map((value) => {
    if (isReference(value)) return value;
    if (typeof value === "object" && value !== null && JSON.stringify(value).includes('"$secret"'))
      throw new CelEvaluationError("A secret can't be a part of a text: the tool gets it as a value of its own.");
    return asText(value);
  });
  const { $join } = joinOf(parts);
  const [first = ""] = $join;
  return $join.length <= 1 && typeof first === "string" ? first : ({ $join } as Json);
}

function isReference(value: Json): boolean {
  if (typeof value !== "object" || value === null) return false;
  const [key, ...others] = Object.keys(value);
  return others.length === 0 && (key === "$ref" || key === "$item" || key === "$run");
}

type At = Pick<ExpressionFault, "expression">;

export function parse(text: string, at: At, fault: (fault: ExpressionFault) => void): Parsed | undefined {
  try {
    return parseCel(text);
  } catch (error) {
    if (!(error instanceof CelSyntaxError)) throw error;
    const hint = "Expressions are CEL: names, operators and functions, text in quotes.";
    fault({ code: "runbook_expression_invalid", message: error.message, hint, ...at, offset: error.offset });
    return undefined;
  }
}

interface Reading {
  names: Names;
  alone: boolean;
  at: At;
  fault(fault: ExpressionFault): void;
}

function readExpression(parsed: Parsed, { names, alone, at, fault }: Reading): Template {
  const checked = parsed.uses.map((use) => checkUse(use, names, (one) => fault({ ...one, ...at })));
  if (checked.includes(false)) return () => null;
  const [use] = parsed.uses;
  if (parsed.uses.length > 0 && use?.whole) return readReference(use, parsed, { alone, at, fault });
  const late = parsed.uses.find(({ root }) => !atPlanning.has(root) && !types.has(root));
  if (late) {
    const known = late.root === "secrets" ? "A secret" : `What ${late.root} holds`;
    fault({
      code: "runbook_expression_invalid",
      message: `${known} is known only while the run goes on: it can be passed on as it is, but not computed with.`,
      hint: `Write it alone, as \${{ ${late.root}… }}, and decide with \`when\`.`,
      ...at,
      offset: late.offset,
    });
    return () => null;
  }
  return (scope) => evaluateNow(parsed, scope);
}

/** Names whose values are known when the plan is made. */
const atPlanning: ReadonlySet<string> = new Set(["parameters", "environment", "variables"]);

/** Works an expression out with what is known when the plan is made; of the variables it gets those that it names. */
export function evaluateNow(parsed: Parsed, { environment, variable, cel, budget, size }: PlanScope): Json {
  const named = parsed.uses.flatMap(({ root, path: [name] }) => (root === "variables" ? [String(name)] : []));
  const variables = Object.fromEntries(named.map((name) => [name, variable(name)]));
  return evaluateCel(parsed, { environment, parameters: cel, variables }, budget, size);
}

function readReference(use: Use, parsed: Parsed, { alone, at, fault }: Omit<Reading, "names">): Template {
  const { root, path, rest } = use;
  if (root === "secrets") {
    if (!alone) {
      fault({
        code: "runbook_secret_in_text",
        message: "A secret can't be a part of a text: the tool gets it as a value of its own.",
        hint: "Store the whole text as a secret.",
        ...at,
        offset: use.offset,
      });
    }
    const [name] = path;
    if (rest === undefined) return () => ({ $secret: String(name) });
    return (scope) => {
      const named = evaluateNow(rest, scope);
      if (typeof named !== "string") throw new CelEvaluationError("The name of a secret must be text.");
      return { $secret: named };
    };
  }
  if (rest === undefined) {
    if (root === "steps") return () => ({ $ref: [path[0] as string, ...path.slice(2)] });
    if (root === "item" || root === "run") return () => ({ [`$${root}`]: path });
    if (root === "environment" && path.length === 0) return ({ environment }) => environment;
    if (root === "parameters" && path.length > 0) return ({ parameters }) => follow(parameters, path);
  }
  return (scope) => evaluateNow(parsed, scope);
}

function follow(value: Json, path: readonly (string | number)[]): Json | undefined {
  let here: Json | undefined = value;
  for (const part of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as { [key: string]: Json })[part];
  }
  return here;
}

/** Names of CEL's types, as in `type(x) == string`. */
const types = new Set(["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"]);

const variableName = /^[a-z][a-zA-Z0-9_]{0,62}$/;

/** False where the name stands for nothing. */
export function checkUse(use: Use, names: Names, fault: (fault: Omit<ExpressionFault, "expression">) => void): boolean {
  const { root, path, rest, offset } = use;
  const { late } = names;
  const unknown = (message: string, hint?: string): false => {
    fault({ code: "runbook_reference_unknown", message, hint, offset });
    return false;
  };
  if (types.has(root)) return true;
  switch (root) {
    case "environment":
      return true;
    case "parameters": {
      const [name] = path;
      if (name === undefined || names.parameters.has(String(name))) return true;
      return unknown(`There is no parameter ${JSON.stringify(name)}.`, hintFor(String(name), names.parameters));
    }
    case "variables":
      if (rest === undefined && path.length === 1 && variableName.test(String(path[0]))) return true;
      return unknown("It must name one variable.", "Write variables.region.");
    case "secrets":
      if (!names.secrets) return unknown("A secret can't be used here.", "Give it to a tool, in its input.");
      if (rest !== undefined || path.length === 1) return true;
      return unknown("It must name one secret.", 'Write secrets.token, or secrets["registry-token"].');
    case "steps": {
      if (!late)
        return unknown("What steps give isn't known here: this is worked out when the plan is made.", whenHint);
      const [id, what] = path;
      if (id === undefined || (rest !== undefined && path.length === 0))
        return unknown("It must name a step.", "Write steps.<id>.output.…");
      if (!late.steps.has(String(id)))
        return unknown(`There is no step ${JSON.stringify(id)}.`, hintFor(String(id), late.steps));
      if (what === "output") return rest === undefined || unknown("The path into an output must be written out.");
      return unknown(
        `A step has no ${JSON.stringify(what ?? "")} that can be passed on.`,
        `Write steps.${id}.output.…`,
      );
    }
    case "item":
      if (!late) return unknown("The item isn't known here: this is worked out when the plan is made.", whenHint);
      return late.item || unknown("There is no item: the step has no `each`.", "Give the step a list in `each`.");
    case "run": {
      if (!late) return unknown("The run isn't known here: this is worked out when the plan is made.", whenHint);
      const [fact] = path;
      if (fact === undefined || runFacts.includes(String(fact))) return true;
      return unknown(`A run has no ${JSON.stringify(fact)}.`, `It has ${runFacts.join(", ")}.`);
    }
    default: {
      const roots = ["parameters", "environment", "variables", "secrets", ...(late ? ["steps", "item", "run"] : [])];
      const hint = names.parameters.has(root) ? `Write parameters.${root}.` : didYouMean(root, roots);
      return unknown(`${JSON.stringify(root)} is no name here.`, hint ?? `There are ${roots.join(", ")}.`);
    }
  }
}

const whenHint = "Decide with `when` what depends on the run.";

export function hintFor(name: string, known: ReadonlySet<string>): string {
  const list = [...known];
  if (list.length === 0) return "There are none.";
  return didYouMean(name, list) ?? `There are ${list.slice(0, 12).join(", ")}${list.length > 12 ? ", …" : ""}.`;
}

export type Piece = string | { expression: string; start: number; end: number };

/** Text and expressions in turn. An expression ends at the first `}}` that is neither in quotes nor closes a map of its own. */
export function splitText(text: string, fault: (fault: ExpressionFault) => void): Piece[] {
  const pieces: Piece[] = [];
  let count = 0;
  let from = 0;
  for (let start = text.indexOf("${{"); start >= 0; start = text.indexOf("${{", from)) {
    if (start > from) pieces.push(text.slice(from, start));
    const end = endOf(text, start + 3);
    if (end < 0) {
      fault({
        code: "runbook_expression_invalid",
        message: "The expression has no end.",
        hint: "Close it with }}.",
        expression: count,
        offset: 0,
      });
      return pieces;
    }
    pieces.push({ expression: text.slice(start + 3, end), start, end: end + 2 });
    count += 1;
    from = end + 2;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}

function endOf(text: string, from: number): number {
  let depth = 0;
  for (let here = from; here < text.length; here += 1) {
    const char = text[here];
    if (char === '"' || char === "'") {
      here = endOfQuote(text, here, char);
      if (here < 0) return -1;
    } else if (char === "{") depth += 1;
    else if (char === "}") {
      if (depth === 0) return text[here + 1] === "}" ? here : -1;
      depth -= 1;
    }
  }
  return -1;
}

function endOfQuote(text: string, from: number, quote: string): number {
  for (let here = from + 1; here < text.length; here += 1) {
    if (text[here] === "\\") here += 1;
    else if (text[here] === quote) return here;
  }
  return -1;
}
