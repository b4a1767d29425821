import { z } from "zod";
import type { Json } from "../json.ts";
import type { Runbook } from "../runbook.ts";
import { CelEvaluationError, type Use } from "./cel.ts";
import type { CompiledStep } from "./compile.ts";
import type { Finding } from "./problem.ts";
import type { StepFile } from "./schema.ts";
import type { Shape } from "./shape.ts";
import {
  checkUse,
  evaluateNow,
  hintFor,
  parse,
  readText,
  splitText,
  type ExpressionFault,
  type Names,
  type PlanScope,
  type Template,
} from "./template.ts";

type Path = readonly (string | number)[];

export interface StepReading {
  readonly shape: Shape;
  /** The runbook that an include names; undefined, with the reason reported, where there is none. */
  include(reference: string, path: Path): Runbook | undefined;
  report(finding: Finding): void;
}

/** Reads the expressions of the steps, and reports what is wrong with them and between the steps. */
export function readSteps(reading: StepReading): CompiledStep[] {
  const { shape, report } = reading;
  const seen = new Set<string>();
  for (const { step, index } of shape.steps) {
    if (seen.has(step.id)) {
      const message = `There are two steps named ${step.id}.`;
      report({ code: "runbook_step_duplicate", message, hint: "Rename one.", path: ["steps", index, "id"] });
    }
    seen.add(step.id);
  }
  const steps = shape.steps.map(({ step, index }) => readStep(step, ["steps", index], reading));
  reportCycle(shape, steps, report);
  reportConditional(shape, steps, report);
  return steps.map(({ compiled }) => compiled);
}

interface ReadStep {
  compiled: CompiledStep;
  /** Steps that it waits for, and why. */
  waitsFor: ReadonlySet<string>;
  /** Steps that its condition reads. */
  looksAt: ReadonlySet<string>;
}

function readStep(file: StepFile, path: Path, reading: StepReading): ReadStep {
  const { shape, report } = reading;
  const { parameters, steps: ids } = shape.names;
  const atPlanning: Names = { parameters, secrets: false };
  const inRun: Names = {
    parameters,
    secrets: true,
    late: { steps: ids, item: "each" in file && file.each !== undefined },
  };
  const needs = new Set<string>();
  const read = (value: Json, at: Path, names: Names): Template => {
    const { template, uses } = readValue(value, at, { names, report });
    for (const { root, path: used } of uses) if (root === "steps") needs.add(String(used[0]));
    return template;
  };
  for (const [index, id] of (file.after ?? []).entries()) {
    if (ids.has(id)) continue;
    const hint = hintFor(id, ids);
    report({
      code: "runbook_reference_unknown",
      message: `There is no step ${JSON.stringify(id)}.`,
      hint,
      path: [...path, "after", index],
    });
  }
  const noItem: Names = { ...inRun, secrets: false, late: { steps: ids, item: false } };
  const condition =
    file.when === undefined ? undefined : readCondition(file.when, [...path, "when"], { names: inRun, report });
  const compiled: CompiledStep = {
    file,
    title: "title" in file && file.title !== undefined ? read(file.title, [...path, "title"], atPlanning) : undefined,
    included: file.if === undefined ? undefined : readIf(file.if, [...path, "if"], { names: atPlanning, report }),
    when: condition?.when,
    each:
      "each" in file && file.each !== undefined
        ? readEach(file.each, [...path, "each"], { names: noItem, report, read })
        : undefined,
    input: readInput(file, path, { read, inRun, atPlanning }),
    concurrencyKey:
      "concurrencyKey" in file && file.concurrencyKey !== undefined
        ? read(file.concurrencyKey, [...path, "concurrencyKey"], { ...inRun, secrets: false })
        : undefined,
    runbook: "include" in file ? reading.include(file.include, [...path, "include"]) : undefined,
    needs,
  };
  if ("wait" in file) checkWait(file.wait, [...path, "wait"], report);
  if ("each" in file && file.parallel !== undefined && file.each === undefined) {
    report({
      code: "runbook_field_invalid",
      message: "`parallel` says how many items run at a time, and there is no `each`.",
      path: [...path, "parallel"],
      atKey: true,
    });
  }
  const looksAt = condition?.steps ?? new Set<string>();
  return { compiled, waitsFor: new Set([...needs, ...looksAt, ...(file.after ?? [])]), looksAt };
}

function readInput(
  file: StepFile,
  path: Path,
  { read, inRun, atPlanning }: { read(value: Json, at: Path, names: Names): Template; inRun: Names; atPlanning: Names },
): Template | undefined {
  if ("tool" in file) return read(file.input ?? {}, [...path, "input"], inRun);
  if ("run" in file) return read(file.parameters ?? {}, [...path, "parameters"], { ...inRun, secrets: false });
  if ("include" in file) return read(file.parameters ?? {}, [...path, "parameters"], atPlanning);
  return file.wait.until === undefined
    ? undefined
    : read(file.wait.until, [...path, "wait", "until"], { ...inRun, secrets: false });
}

interface ValueReading {
  names: Names;
  report(finding: Finding): void;
}

const referenceKeys = new Set(["$ref", "$item", "$run", "$join", "$secret"]);

function readValue(value: Json, path: Path, reading: ValueReading): { template: Template; uses: Use[] } {
  if (typeof value === "string") {
    const { template, uses } = readText(value, reading.names, (one) => reading.report(findingOf(one, path)));
    return { template, uses: uses.map(({ use }) => use) };
  }
  if (typeof value !== "object" || value === null) return { template: () => value, uses: [] };
  if (Array.isArray(value)) {
    const parts = value.map((one, index) => readValue(one as Json, [...path, index], reading));
    const template: Template = (scope) => parts.map((one) => one.template(scope)).filter((one) => one !== undefined);
    return { template, uses: parts.flatMap(({ uses }) => uses) };
  }
  const parts = Object.entries(value).map(([key, one]) => {
    const inner = [...path, key];
    if (referenceKeys.has(key)) {
      const hint = "Write ${{ steps.<id>.output.… }}, ${{ item }}, ${{ run.id }} or ${{ secrets.<name> }}.";
      reading.report({
        code: "runbook_field_invalid",
        message: `${key} is what plans say; runbooks say it otherwise.`,
        hint,
        path: inner,
        atKey: true,
      });
    }
    if (key.includes("${{")) {
      reading.report({
        code: "runbook_expression_invalid",
        message: "The name of a field can't be an expression.",
        path: inner,
        atKey: true,
      });
    }
    return [key, readValue(one, inner, reading)] as const;
  });
  return {
    template: (scope) =>
      Object.fromEntries(
        parts.flatMap(([key, one]) => {
          const worked = one.template(scope);
          return worked === undefined ? [] : [[key, worked]];
        }),
      ),
    uses: parts.flatMap(([, { uses }]) => uses),
  };
}

export function findingOf({ code, message, hint, expression, offset }: ExpressionFault, path: Path): Finding {
  return { code, message, hint, path, inText: { expression, offset } };
}

/** A whole expression, without `${{ }}`. */
function readIf(text: string, path: Path, { names, report }: ValueReading): (scope: PlanScope) => boolean {
  const fault = (one: ExpressionFault) => report(findingOf(one, path));
  const at = { expression: -1 };
  const inner = /^\s*\$\{\{([^]*)\}\}\s*$/.exec(text)?.[1] ?? text;
  const parsed = parse(inner, at, fault);
  if (!parsed) return () => false;
  for (const use of parsed.uses) checkUse(use, names, (one) => fault({ ...one, ...at }));
  return (scope) => {
    const holds = evaluateNow(parsed, scope);
    if (typeof holds !== "boolean") throw new CelEvaluationError(`${JSON.stringify(inner.trim())} gives no boolean.`);
    return holds;
  };
}

interface ReadCondition {
  when(scope: PlanScope): string;
  steps: ReadonlySet<string>;
}

function readCondition(text: string, path: Path, { names, report }: ValueReading): ReadCondition {
  const fault = (one: ExpressionFault) => report(findingOf(one, path));
  const pieces = splitText(text, fault);
  const { late, parameters } = names;
  const read = pieces.map((piece) =>
    typeof piece === "string"
      ? piece
      : readText(text.slice(piece.start, piece.end), { parameters, secrets: false }, fault).template,
  );
  // Something as long in the place of each value, so that what follows stays where it is.
  const blank = pieces
    .map((piece) => (typeof piece === "string" ? piece : "null".padEnd(piece.end - piece.start)))
    .join("");
  const at = { expression: -1 };
  const parsed = parse(blank, at, fault);
  const steps = new Set<string>();
  for (const use of parsed?.uses ?? []) {
    if (use.root === "parameters" || use.root === "environment" || use.root === "variables") {
      const message = `${use.root} is known when the plan is made, not while the run goes on.`;
      const written = [use.root, ...use.path].join(".");
      const hint = `Write \${{ ${written} }} for its value here, or decide with \`if\` whether there is a step.`;
      fault({ code: "runbook_expression_invalid", message, hint, ...at, offset: use.offset });
    } else if (use.root === "steps") {
      const [id, what] = use.path;
      if (typeof id === "string" && late?.steps.has(id) && (what === "output" || what === "status")) steps.add(id);
      else if (typeof id === "string" && late?.steps.has(id)) {
        const hint = `Write steps.${id}.output.… or steps.${id}.status.`;
        fault({
          code: "runbook_reference_unknown",
          message: `A step has no ${JSON.stringify(what ?? "")}.`,
          hint,
          ...at,
          offset: use.offset,
        });
      } else checkUse(use, names, (one) => fault({ ...one, ...at }));
    } else {
      checkUse(use, { ...names, secrets: false }, (one) => fault({ ...one, ...at }));
    }
  }
  return {
    when: (scope) => read.map((one) => (typeof one === "string" ? one : JSON.stringify(one(scope) ?? null))).join(""),
    steps,
  };
}

function readEach(
  value: string | readonly Json[],
  path: Path,
  { names, report, read }: ValueReading & { read(value: Json, at: Path, names: Names): Template },
): Template {
  const isExpression = typeof value !== "string" || /^\s*\$\{\{[^]*\}\}\s*$/.test(value);
  if (!isExpression) {
    const hint = "Write a list, or ${{ … }} with one expression that gives a list.";
    report({ code: "runbook_field_invalid", message: "`each` needs a list.", hint, path });
  }
  return read(typeof value === "string" ? value.trim() : value, path, names);
}

const waitKinds = ["for", "until", "signal", "approval"] as const;

function checkWait(wait: Extract<StepFile, { wait: object }>["wait"], path: Path, report: StepReading["report"]): void {
  const given = waitKinds.filter((kind) => wait[kind] !== undefined);
  if (given.length !== 1) {
    const message = given.length === 0 ? "The wait doesn't say for what." : `The wait has ${given.join(" and ")}.`;
    report({ code: "runbook_field_invalid", message, hint: `Give it one of ${waitKinds.join(", ")}.`, path });
    return;
  }
  for (const [field, kinds] of [
    ["count", ["approval"]],
    ["timeout", ["signal", "approval"]],
  ] as const) {
    if (wait[field] !== undefined && !(kinds as readonly string[]).includes(given[0] ?? "")) {
      const message = `\`${field}\` belongs to a wait for ${kinds.join(" or ")}.`;
      report({ code: "runbook_field_invalid", message, path: [...path, field], atKey: true });
    }
  }
  if (
    wait.until !== undefined &&
    !wait.until.includes("${{") &&
    !z.iso.datetime({ offset: true }).safeParse(wait.until).success
  ) {
    report({
      code: "runbook_field_invalid",
      message: "It isn't a time.",
      hint: "Write it as 2026-05-01T08:00:00Z.",
      path: [...path, "until"],
    });
  }
}

function reportCycle(shape: Shape, steps: readonly ReadStep[], report: StepReading["report"]): void {
  const waits = new Map(steps.map(({ compiled, waitsFor }) => [compiled.file.id, waitsFor]));
  const done = new Set<string>();
  for (const { step, index } of shape.steps) {
    const cycle = cycleFrom(step.id, waits, done);
    if (cycle === undefined) continue;
    const message = `The steps ${cycle.join(" → ")} wait for each other.`;
    report({
      code: "runbook_step_cyclic",
      message,
      hint: "Take one of these dependencies out.",
      path: ["steps", index, "id"],
    });
    return;
  }
}

/** Without recursion: a chain of a thousand steps is as good as any. */
function cycleFrom(
  start: string,
  waits: ReadonlyMap<string, ReadonlySet<string>>,
  done: Set<string>,
): string[] | undefined {
  const path: string[] = [];
  const stack: { id: string; left: string[] }[] = [];
  const enter = (id: string): void => {
    path.push(id);
    stack.push({ id, left: [...(waits.get(id) ?? [])] });
  };
  if (!done.has(start)) enter(start);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const next = top.left.pop();
    if (next === undefined) {
      done.add(top.id);
      stack.pop();
      path.pop();
    } else if (path.includes(next)) return [...path.slice(path.indexOf(next)), next];
    else if (!done.has(next)) enter(next);
  }
  return undefined;
}

/** A condition that reads a step which isn't always there makes plans that are refused. */
function reportConditional(shape: Shape, steps: readonly ReadStep[], report: StepReading["report"]): void {
  const conditions = new Map(shape.steps.map(({ step }) => [step.id, step.if]));
  for (const [position, { compiled, looksAt }] of steps.entries()) {
    const index = shape.steps[position]?.index ?? 0;
    for (const id of looksAt) {
      const condition = conditions.get(id);
      if (condition === undefined || compiled.file.if?.includes(condition) || compiled.needs.has(id)) continue;
      const message = `The condition reads the step ${id}, which isn't in every plan: it has an \`if\`.`;
      report({
        severity: "warning",
        code: "runbook_step_conditional",
        message,
        hint: `Give this step the same \`if\`.`,
        path: ["steps", index, "when"],
      });
    }
  }
}
