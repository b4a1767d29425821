import {
  celEnv,
  celMethod,
  CelScalar,
  isCelError,
  isCelList,
  isCelMap,
  isCelUint,
  parse,
  plan,
  type CelInput,
} from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import type { Json } from "../json.ts";

/** A name that an expression uses, and what it reads of it: `parameters.port` is `parameters` and `["port"]`. */
export interface Use {
  root: string;
  path: readonly (string | number)[];
  /** The expression is this and nothing else. */
  whole: boolean;
  /** In the expression. */
  offset: number;
  /** Of a path that goes on with something that must be worked out: `secrets[parameters.token]`. */
  rest?: Parsed;
}

export interface Parsed {
  readonly text: string;
  readonly uses: readonly Use[];
  /** How deep `map`, `filter`, `exists` and `all` stand in each other. */
  readonly loops: number;
  readonly expr: Expr;
}

export class CelSyntaxError extends Error {
  /** In the expression. */
  readonly offset: number;
  constructor(message: string, offset: number, cause: unknown) {
    super(message, { cause });
    this.offset = offset;
  }
}

export const maximumExpression = 2_000;
const maximumLoops = 2;

type Expr = ReturnType<typeof parse>["expr"];

/** @throws CelSyntaxError with the place where it stops making sense. */
export function parseCel(text: string): Parsed {
  if (text.trim() === "") throw new CelSyntaxError("It is empty.", 0, undefined);
  if (text.length > maximumExpression)
    throw new CelSyntaxError(`It has ${text.length} characters; ${maximumExpression} is the limit.`, 0, undefined);
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(text);
  } catch (cause) {
    throw syntaxError(cause);
  }
  try {
    const positions = (parsed.sourceInfo?.positions ?? {}) as Readonly<Record<string, number>>;
    const found: Walk = { uses: [], loops: 0, positions, text };
    visit(parsed.expr, found, { bound: new Set(), depth: 0, whole: true });
    if (found.loops > maximumLoops) {
      throw new CelSyntaxError(`It loops inside of loops, deeper than ${maximumLoops}.`, 0, undefined);
    }
    return { text, uses: found.uses, loops: found.loops, expr: parsed.expr };
  } catch (cause) {
    throw cause instanceof CelSyntaxError ? cause : syntaxError(cause);
  }
}

function syntaxError(cause: unknown): CelSyntaxError {
  if (cause instanceof RangeError) return new CelSyntaxError("It is nested too deeply.", 0, cause);
  const { location, rawMessage } = cause as { location?: { start?: { offset?: number } }; rawMessage?: unknown };
  const why = typeof rawMessage === "string" ? rawMessage : (cause as Error).message;
  // Of the parser's long lists of what could have stood there only the first half helps.
  const short = why.replace(/^.*?: (?=found )/, "").split(" but expecting ")[0] ?? why;
  return new CelSyntaxError(
    short.startsWith("found ") ? `It isn't CEL: ${short}.` : `It isn't CEL: ${why}`,
    location?.start?.offset ?? 0,
    cause,
  );
}

interface Walk {
  uses: Use[];
  loops: number;
  readonly positions: Readonly<Record<string, number>>;
  readonly text: string;
}

interface Inside {
  bound: ReadonlySet<string>;
  depth: number;
  whole: boolean;
}

interface Node {
  id: bigint;
  exprKind: { case?: string; value?: unknown };
}

function visit(node: unknown, walk: Walk, inside: Inside): void {
  if (typeof node !== "object" || node === null) return;
  const chain = chainOf(node as Node);
  if (chain) {
    const { root, path, ident, rest, tested } = chain;
    if (rest !== undefined) visit(rest, walk, { ...inside, whole: false });
    if (inside.bound.has(root)) return;
    const use: Use = {
      root,
      path,
      whole: inside.whole && rest === undefined && !tested,
      offset: walk.positions[String(ident.id)] ?? 0,
    };
    if (inside.whole && rest !== undefined && !tested) {
      const own: Walk = { ...walk, uses: [], loops: 0 };
      visit(rest, own, { bound: new Set(), depth: 0, whole: false });
      use.rest = { text: walk.text, uses: own.uses, loops: own.loops, expr: rest as Expr };
      use.whole = true;
    }
    walk.uses.push(use);
    return;
  }
  const { exprKind } = node as Node;
  if (exprKind?.case === "comprehensionExpr") {
    const { iterRange, accuInit, iterVar, iterVar2, accuVar, ...body } = exprKind.value as Record<string, unknown>;
    visit(iterRange, walk, { ...inside, whole: false });
    visit(accuInit, walk, { ...inside, whole: false });
    const bound = new Set([...inside.bound, ...[iterVar, iterVar2, accuVar].map(String)]);
    walk.loops = Math.max(walk.loops, inside.depth + 1);
    for (const part of Object.values(body)) visit(part, walk, { bound, depth: inside.depth + 1, whole: false });
    return;
  }
  for (const child of Object.values(node)) {
    if (Array.isArray(child)) for (const one of child) visit(one, walk, { ...inside, whole: false });
    else visit(child, walk, exprKind === undefined ? inside : { ...inside, whole: false });
  }
}

interface Chain {
  root: string;
  path: (string | number)[];
  ident: Node;
  /** The last index, where it isn't written out. */
  rest?: unknown;
  /** `has(…)`. */
  tested: boolean;
}

/** `a.b[0]["c"]` from its outermost node; undefined for everything else. */
function chainOf(node: Node): Chain | undefined {
  const path: (string | number)[] = [];
  let rest: unknown;
  let here: Node | undefined = node;
  const tested = (node.exprKind?.value as { testOnly?: boolean } | undefined)?.testOnly === true;
  while (here?.exprKind) {
    const { case: kind, value } = here.exprKind as { case?: string; value: Record<string, unknown> };
    if (kind === "identExpr") {
      return { root: String(value["name"]), path: path.toReversed(), ident: here, rest, tested };
    }
    if (kind === "selectExpr") {
      path.push(String(value["field"]));
      here = value["operand"] as Node;
    } else if (kind === "callExpr" && value["function"] === "_[_]") {
      const [operand, index] = value["args"] as [Node, Node];
      const literal = literalOf(index);
      if (literal === undefined) {
        if (rest !== undefined || path.length > 0) return undefined;
        rest = index;
      } else path.push(literal);
      here = operand;
    } else return undefined;
  }
  return undefined;
}

function literalOf({ exprKind }: Node): string | number | undefined {
  if (exprKind?.case !== "constExpr") return undefined;
  const { constantKind } = exprKind.value as { constantKind?: { case?: string; value?: unknown } };
  if (constantKind?.case === "stringValue") return String(constantKind.value);
  return constantKind?.case === "int64Value" ? Number(constantKind.value) : undefined;
}

/** Left out, or replaced below: a short text with a long one in many places would fill the memory. */
const multiplying = new Set(["replace", "join", "format"]);

/** The strings extension; what can multiply a text says no before it does. */
const longest = 1_000_000;
const replaced = celMethod(
  "replace",
  CelScalar.STRING,
  [CelScalar.STRING, CelScalar.STRING],
  CelScalar.STRING,
  function (from, to) {
    const times = this.split(from).length - 1;
    if (this.length + times * to.length > longest) throw new Error("the text becomes too long");
    return this.replaceAll(from, () => to);
  },
);
const environment = celEnv({ funcs: [...strings.filter(({ name }) => !multiplying.has(name)), replaced] });
/** What evaluating found wrong; its message is for people. */
export class CelEvaluationError extends Error {}

/** Units of text and numbers of values that one plan's expressions may give. */
export interface Budget {
  left: number;
}

/** @throws CelEvaluationError */
export function evaluateCel(
  { expr, text, loops }: Parsed,
  scope: Readonly<Record<string, CelInput>>,
  budget: Budget,
  size: number,
): Json {
  if (size ** loops > 4_000_000)
    throw new CelEvaluationError(`${quote(text)} would take too long with parameters as large as these.`);
  let result: unknown;
  try {
    result = (plan(environment, expr) as (scope: object) => unknown)(scope);
  } catch (cause) {
    throw new CelEvaluationError(`${quote(text)} can't be worked out.`, { cause });
  }
  if (isCelError(result)) throw new CelEvaluationError(`${quote(text)} can't be worked out: ${result.message}.`);
  return fromCel(result, budget);
}

function quote(text: string): string {
  return JSON.stringify(text.trim().slice(0, 200));
}

function fromCel(value: unknown, budget: Budget): Json {
  budget.left -= typeof value === "string" ? value.length + 1 : 1;
  if (budget.left < 0) throw new CelEvaluationError("The expressions of the runbook give more than a plan may hold.");
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint" || isCelUint(value)) {
    const number = Number(typeof value === "bigint" ? value : value.value);
    if (!Number.isSafeInteger(number))
      throw new CelEvaluationError(`${String(number)} is too large to be kept exactly.`);
    return number;
  }
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((one) => fromCel(one, budget));
  if (isCelList(value)) return [...value].map((one) => fromCel(one, budget));
  if (isCelMap(value))
    return Object.fromEntries([...value].map(([key, one]) => [`${key as string}`, fromCel(one, budget)]));
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fromCel(one, budget)]));
  throw new CelEvaluationError("An expression gives a value that JSON doesn't have; turn it into text with string(…).");
}

const matching = new Map<string, Parsed>();

/** Whether the text matches an RE2 expression somewhere: linear in its length, whatever the expression. */
export function matches(text: string, pattern: string): boolean {
  const source = `text.matches(${JSON.stringify(pattern)})`;
  let parsed = matching.get(source);
  if (!parsed) {
    parsed = parseCel(source);
    if (matching.size >= 1_000) matching.clear();
    matching.set(source, parsed);
  }
  return evaluateCel(parsed, { text }, { left: 1 }, 1) === true;
}
