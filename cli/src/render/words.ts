import type { Risk } from "@gantry/sdk";
import type { RunStatus, StepView } from "@gantry/sdk/api";
import type { Paint, Style } from "../terminal.ts";

/** Statuses are told by their word; colour only helps the eye. */
export function statusWord(status: RunStatus): string {
  return status.replaceAll("_", " ");
}

export function paintStatus(paint: Paint, status: RunStatus, text: string = statusWord(status)): string {
  return paint(styleOf(status), text);
}

function styleOf(status: RunStatus): Style {
  switch (status) {
    case "succeeded":
    case "previewed":
      return "green";
    case "failed":
    case "denied":
    case "rejected":
    case "undo_incomplete":
    case "quarantined":
      return "red";
    case "waiting_for_approval":
    case "needs_attention":
    case "paused":
    case "pausing":
    case "halted":
    case "frozen":
    case "undone":
    case "undoing":
    case "canceled":
    case "canceling":
      return "yellow";
    default:
      return "cyan";
  }
}

/** A step's state in a word. `FAILED` and `UNKNOWN` are loud without colour. */
export function stepWord(step: StepView): string {
  if (step.needsPerson) return "UNKNOWN";
  if (step.fact !== null) return step.status === "skipped" ? "skipped" : "kept";
  if (step.status === "pending" && step.preview !== null) return "previewed";
  if (step.undo !== null && step.undo.status !== "pending") return undoWord(step.undo.status);
  switch (step.status) {
    case "succeeded":
      return "done";
    case "failed":
      return "FAILED";
    case "unknown":
      return "checking";
    default:
      return step.status;
  }
}

function undoWord(status: "running" | "done" | "failed" | "skipped"): string {
  switch (status) {
    case "running":
      return "undoing";
    case "done":
      return "undone";
    case "failed":
      return "NOT UNDONE";
    case "skipped":
      return "left";
    default:
      return status satisfies never;
  }
}

export function paintStep(paint: Paint, word: string, text: string = word): string {
  if (/^[A-Z ]+$/.test(word)) return paint(["red", "bold"], text);
  if (word === "done" || word === "kept") return paint("green", text);
  if (word === "pending" || word === "skipped") return paint("dim", text);
  return paint(word === "undone" || word === "left" ? "yellow" : "cyan", text);
}

export function paintRisk(paint: Paint, level: Risk["level"]): string {
  const style: Style = level === "low" ? "green" : level === "medium" ? "yellow" : "red";
  return paint(level === "critical" ? ["red", "bold"] : style, level);
}

/** `+7 ~1 -0`: added, changed, destroyed. */
export function renderCounts(counts: { add: number; change: number; destroy: number }): string {
  return `+${counts.add} ~${counts.change} -${counts.destroy}`;
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `2 of approvers and 1 of security`. */
export function renderApprovals(approvals: readonly { group: string; count: number }[]): string {
  return approvals.map(({ group, count }) => `${count} of ${group}`).join(" and ");
}
