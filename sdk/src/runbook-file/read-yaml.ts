import { isAlias, isMap, isScalar, isSeq, parseDocument, type Node, type YAMLError } from "yaml";
import type { Json } from "../json.ts";
import { maximumProblems, type Finding, type RunbookProblem } from "./problem.ts";

/** A YAML document as data, that knows where in the text everything stands. */
export interface YamlDocument {
  /** Undefined where nothing could be read. */
  readonly value: Json | undefined;
  readonly problems: readonly RunbookProblem[];
  /** The place of a finding as line and column. */
  locate(finding: Finding): RunbookProblem;
}

interface Place {
  key?: number;
  start: number;
  end: number;
}

/** Of the text, in UTF-16 units: far more than a person writes. */
export const maximumSource = 256 * 1024;
const maximumDepth = 40;
const maximumNodes = 20_000;
const maximumAliases = 100;

/**
 * Reads YAML 1.2 (core schema), of which a runbook needs what JSON can say too, plus anchors within limits. Never throws:
 * whatever is wrong with the text is among the problems.
 */
export function readYaml(file: string, text: string): YamlDocument {
  const places = new Map<string, Place>();
  const problems: RunbookProblem[] = [];
  const at = placeIn(text);
  const report = ({ code, message, hint, offset }: Fault): void => {
    if (problems.length >= maximumProblems) return;
    problems.push({ severity: "error", code, message, ...(hint === undefined ? {} : { hint }), file, ...at(offset) });
  };
  const locate = (finding: Finding): RunbookProblem => {
    const { severity = "error", code, message, hint } = finding;
    const offset = offsetOf(finding, places, text);
    return { severity, code, message, ...(hint === undefined ? {} : { hint }), file, ...at(offset) };
  };
  const value = read(text, { places, report });
  return { value, problems, locate };
}

interface Reading {
  places: Map<string, Place>;
  report(fault: Fault): void;
}

interface Fault {
  code: string;
  message: string;
  hint?: string | undefined;
  offset: number;
}

function read(text: string, { places, report }: Reading): Json | undefined {
  if (text.length > maximumSource) {
    const message = `The file has ${text.length} characters; ${maximumSource} is the limit.`;
    report({ code: "runbook_too_large", message, hint: splitHint, offset: 0 });
    return undefined;
  }
  const bad = text.isWellFormed() ? text.indexOf("\0") : text.search(/\p{Surrogate}/u);
  if (bad >= 0) {
    const message = "The file holds NUL or half of a surrogate pair, so it isn't text.";
    report({ code: "runbook_value_refused", message, offset: bad });
    return undefined;
  }
  try {
    const document = parseDocument(text, {
      version: "1.2",
      schema: "core",
      merge: false,
      strict: true,
      stringKeys: true,
      // Looked for below, in linear time and with the place of both.
      uniqueKeys: false,
      prettyErrors: false,
      // Nothing is printed below `toJS`; but `silent` would also keep several documents from being an error.
      logLevel: "error",
    });
    reportYaml([...document.errors, ...document.warnings], text, report);
    if (document.contents === null) {
      if (document.errors.length === 0)
        report({ code: "runbook_yaml_invalid", message: "The file is empty.", hint: emptyHint, offset: 0 });
      return undefined;
    }
    const budget = { nodes: maximumNodes, aliases: maximumAliases, spent: false };
    return valueOf(document.contents, [], {
      places,
      report,
      budget,
      anchors: new Map(),
      open: new Set(),
    });
  } catch (error) {
    // Of all that the parser does only its recursion has no limit of its own.
    report(
      error instanceof RangeError
        ? { code: "runbook_too_large", message: "The file is nested too deeply to be read.", offset: 0 }
        : { code: "runbook_yaml_invalid", message: "The file isn't YAML.", offset: 0 },
    );
    return undefined;
  }
}

/** Line and column of an offset, both from 1. */
function placeIn(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map(({ index, 0: end }) => index + end.length)];
  return (offset) => {
    let [line, end] = [0, starts.length];
    while (end - line > 1) {
      const middle = (line + end) >> 1;
      if ((starts[middle] ?? 0) <= offset) line = middle;
      else end = middle;
    }
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
}

const splitHint = "Split it: a runbook can include others, or start them as sub-runs.";
const emptyHint = "Begin with `name:`, `version:`, `title:` and `steps:`.";

/** One a line: what a parser says after its first complaint is mostly about the same mistake. */
function reportYaml(errors: readonly YAMLError[], text: string, report: Reading["report"]): void {
  const lines = new Set<number>();
  for (const error of errors) {
    const start = text.lastIndexOf("\n", error.pos[0] - 1) + 1;
    if (lines.has(start)) continue;
    lines.add(start);
    const end = text.indexOf("\n", start);
    reportOne(error, text.slice(start, end < 0 ? text.length : end), report);
  }
}

function reportOne({ code, message, pos }: YAMLError, line: string, report: Reading["report"]): void {
  const offset = pos[0];
  if (code === "TAG_RESOLVE_FAILED") {
    const hint = "Write the value without the tag.";
    return report({ code: "runbook_value_refused", message: "Tags aren't read in runbooks.", hint, offset });
  }
  if (code === "MULTIPLE_DOCS") {
    const hint = "One file is one runbook.";
    return report({ code: "runbook_yaml_invalid", message: "The file holds several documents.", hint, offset });
  }
  const tooMuch = code === "RESOURCE_EXHAUSTION";
  if (tooMuch) return report({ code: "runbook_too_large", message: sentence(message), offset });
  const hint = /[{[,].*\$\{\{/.test(line) ? flowHint : hints[code];
  report({ code: "runbook_yaml_invalid", message: sentence(message), hint, offset });
}

const flowHint = 'Inside of { } and [ ] an expression needs quotes: {port: "${{ parameters.port }}"}.';

const hints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "Indent with spaces.",
  BAD_INDENT: "Indent what belongs together by the same number of spaces.",
  NON_STRING_KEY: "Write the key as text.",
  BLOCK_AS_IMPLICIT_KEY: "Quote the value: it holds a colon.",
  MISSING_CHAR: "Check that every quote and bracket is closed, and that list items begin with `- `.",
};

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

interface Walk {
  places: Map<string, Place>;
  report: Reading["report"];
  budget: { nodes: number; aliases: number; spent: boolean };
  anchors: Map<string, Node>;
  /** Nodes that are being read: an alias to one of them has no end. */
  open: Set<Node>;
}

type Path = readonly (string | number)[];

function valueOf(node: unknown, path: Path, walk: Walk): Json {
  const { budget, report, places } = walk;
  if (budget.spent || node === null || node === undefined) return null;
  const { range } = node as Node;
  const start = range?.[0] ?? 0;
  budget.nodes -= 1;
  if (budget.nodes < 0 || path.length > maximumDepth) {
    budget.spent = true;
    const what = budget.nodes < 0 ? `more than ${maximumNodes} values` : `values nested deeper than ${maximumDepth}`;
    const message = `The file has ${what}, those behind aliases included.`;
    report({ code: "runbook_too_large", message, hint: splitHint, offset: start });
    return null;
  }
  if (isAlias(node)) return valueOfAlias(node.source, start, path, walk);
  const anchor = (node as { anchor?: string }).anchor;
  if (anchor !== undefined) walk.anchors.set(anchor, node as Node);
  if (!places.has(keyOf(path))) places.set(keyOf(path), { start, end: range?.[1] ?? start });
  if (isScalar(node)) return scalarOf(node.value, node.source ?? "", start, walk);
  walk.open.add(node as Node);
  const value = isSeq(node)
    ? node.items.map((item, index) => valueOf(item, [...path, index], walk))
    : isMap(node)
      ? mapOf(node.items, path, walk)
      : null;
  walk.open.delete(node as Node);
  return value;
}

function valueOfAlias(name: string, start: number, path: Path, walk: Walk): Json {
  const { report, budget, anchors, open } = walk;
  const target = anchors.get(name);
  budget.aliases -= 1;
  if (budget.aliases < 0) {
    budget.spent = true;
    const message = `The file has more than ${maximumAliases} aliases; that is the limit, because a few that repeat each other make billions of values.`;
    const hint = "Write the values out, or take them as a parameter.";
    report({ code: "runbook_alias_refused", message, hint, offset: start });
    return null;
  }
  if (target === undefined) return null;
  if (open.has(target)) {
    const message = `The alias *${name} stands inside of what it repeats, so it has no end.`;
    report({ code: "runbook_alias_refused", message, offset: start });
    return null;
  }
  return valueOf(target, path, walk);
}

function mapOf(items: readonly { key: unknown; value: unknown }[], path: Path, walk: Walk): Json {
  const found = new Map<string, Json>();
  for (const { key, value } of items) {
    const name = isScalar(key) ? String(key.value) : "";
    const start = (key as Node | null)?.range?.[0] ?? 0;
    if (found.has(name)) {
      const hint = "Keep one of them: which of the two would count isn't something to guess.";
      const message = `The key ${JSON.stringify(name)} stands here twice.`;
      walk.report({ code: "runbook_key_duplicate", message, hint, offset: start });
      continue;
    }
    if (name === "__proto__" || name === "<<") {
      const hint = name === "<<" ? "Merge keys aren't read; write the fields out." : undefined;
      const message = `The key ${JSON.stringify(name)} isn't allowed.`;
      walk.report({ code: "runbook_value_refused", message, hint, offset: start });
      continue;
    }
    const inner = [...path, name];
    found.set(name, valueOf(value, inner, walk));
    const place = walk.places.get(keyOf(inner)) ?? { start, end: start };
    walk.places.set(keyOf(inner), { ...place, key: start });
  }
  return Object.fromEntries(found);
}

function scalarOf(value: unknown, source: string, start: number, { report }: Walk): Json {
  const refuse = (message: string, hint: string): null => {
    report({ code: "runbook_value_refused", message, hint, offset: start });
    return null;
  };
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return refuse(`${source.slice(0, 40)} isn't a number that JSON has.`, quoteHint);
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      return refuse(`${source.slice(0, 40)} is too large to be kept exactly.`, quoteHint);
    return value;
  }
  if (typeof value !== "string") return refuse("A value of this kind can't be written in JSON.", quoteHint);
  if (!value.isWellFormed() || value.includes("\0"))
    return refuse("The text holds NUL or half of a surrogate pair.", "Take it out.");
  return value;
}

const quoteHint = "Put it in quotes if it is text.";

function keyOf(path: Path): string {
  return JSON.stringify(path);
}

/** Of the nearest part of the path that stands in the text. */
function offsetOf({ path, atKey, inText }: Finding, places: ReadonlyMap<string, Place>, text: string): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const place = places.get(keyOf(path.slice(0, length)));
    if (!place) continue;
    if (length < path.length) return place.key ?? place.start;
    if (atKey) return place.key ?? place.start;
    return inText === undefined ? place.start : offsetInText(place, inText, text);
  }
  return 0;
}

/** `${{` is written as it is in every style of YAML, so the n-th one of the value is the n-th one of its source. */
function offsetInText({ start, end }: Place, { expression, offset }: NonNullable<Finding["inText"]>, text: string) {
  if (expression < 0) {
    // A whole text of CEL: behind its quote, or behind the line with `|` or `>`.
    const source = text.slice(start, end);
    const lead = /^(?:[|>][^\n]*\n\s*|["'])/.exec(source)?.[0].length ?? 0;
    return Math.min(end, start + lead + offset);
  }
  let here = start - 1;
  for (let index = 0; index <= expression; index += 1) {
    here = text.indexOf("${{", here + 1);
    if (here < 0 || here >= end) return start;
  }
  return Math.min(end, here + 3 + offset);
}
