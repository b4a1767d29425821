import {
  PlanInvalidError,
  RunbookUnknownError,
  UnknownToolError,
  WaitFor,
  type Capabilities,
  type DraftStep,
  type Json,
  type JsonObject,
  type PlanBuilder,
  type StepHandle,
} from "@gantry/sdk";
import { isReference } from "@gantry/sdk/core";

/** Whether a step is nothing but a runbook, whose plan can stand for the whole draft. */
export function isWhole(step: DraftStep): boolean {
  return step.kind === "runbook" && step.when === "" && step.each === "" && !isOpen(inputOf(step));
}

/**
 * Adds what a model drafted to a plan. The steps of a runbook become steps of the plan, so that people see and approve all of them; one that is done per
 * item, or whose parameters only an earlier step gives, becomes a sub-run with a plan and an approval of its own.
 *
 * @throws PlanInvalidError, UnknownToolError, RunbookUnknownError, ParametersInvalidError
 */
export function addDraftStep(builder: PlanBuilder, step: DraftStep, known: Capabilities): void {
  const { id, kind, name, when } = step;
  const after = step.after.map((one): StepHandle => ({ id: one }) as StepHandle);
  const options = { title: step.title.slice(0, 200), after, ...(when !== "" && { when }) };
  const input = inputOf(step);
  const items = itemsOf(step);
  const loop = { parallel: step.parallel };
  switch (kind) {
    case "tool": {
      const found = known.tools.get(name);
      if (found === undefined) throw new UnknownToolError(id, name);
      const its = { ...options, undo: step.undo };
      if (items === null) builder.step(id, found.tool, input, its);
      else builder.each(id, items, found.tool, () => input as never, { ...its, ...loop });
      return;
    }
    case "runbook": {
      const found = known.runbooks.get(name);
      if (found === undefined) throw new RunbookUnknownError(name, [...known.runbooks.keys()]);
      if (step.undo === "none") throw wrong(step, "undo", "a runbook says itself what is undone: it must be tool");
      if (items !== null) builder.eachSubRun(id, items, name, () => input, { ...options, ...loop });
      else if (isOpen(input)) builder.subRun(id, name, input, options);
      else builder.include(id, found.runbook, input, options);
      return;
    }
    case "wait": {
      if (items !== null) throw wrong(step, "each", "a wait isn't done per item: it must be empty");
      const parsed = WaitFor.safeParse({ ...input, kind: name });
      if (!parsed.success) throw wrong(step, "input", parsed.error.issues.map(({ message }) => message).join("; "));
      builder.wait(id, parsed.data, options);
      return;
    }
    default:
      return kind satisfies never;
  }
}

/** Whether something of it is known only in the run. */
function isOpen(template: Json): boolean {
  if (typeof template !== "object" || template === null) return false;
  if (isReference(template)) return !("$secret" in template);
  return Object.values(template).some(isOpen);
}

/** @throws PlanInvalidError */
export function inputOf(step: DraftStep): JsonObject {
  const read = jsonOf(step.input);
  if (typeof read === "object" && read !== null && !Array.isArray(read)) return read as JsonObject;
  throw wrong(step, "input", "it must be the text of a JSON object");
}

/** @throws PlanInvalidError */
function itemsOf(step: DraftStep): readonly Json[] | null {
  if (step.each === "") return null;
  const read = jsonOf(step.each);
  if (Array.isArray(read) || (read !== undefined && isReference(read))) return read as readonly Json[];
  throw wrong(step, "each", "it must be the text of a JSON list or of a reference, or empty");
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function wrong({ id }: DraftStep, part: keyof DraftStep, message: string): PlanInvalidError {
  return new PlanInvalidError([{ path: `steps.${id}.${part}`, message }]);
}
