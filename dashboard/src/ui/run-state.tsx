import type { RunStatus, StepView } from "@gantry/sdk/api";
import { StateMark, type Shape, type Tone } from "./state-mark.tsx";
import { useTexts, type Texts } from "./texts.ts";

type Look = readonly [Tone, Shape];

const runs: Record<RunStatus, Look> = {
  queued: ["idle", "ring"],
  preparing: ["active", "dots"],
  waiting_for_approval: ["attention", "diamond"],
  running: ["active", "play"],
  waiting: ["idle", "hourglass"],
  pausing: ["attention", "pause"],
  paused: ["attention", "pause"],
  halted: ["bad", "stop"],
  frozen: ["info", "flake"],
  needs_attention: ["attention", "question"],
  canceling: ["attention", "stop"],
  undoing: ["active", "back"],
  succeeded: ["good", "check"],
  previewed: ["good", "dots"],
  failed: ["bad", "cross"],
  canceled: ["idle", "stop"],
  denied: ["bad", "stop"],
  rejected: ["bad", "cross"],
  undone: ["idle", "back"],
  undo_incomplete: ["bad", "question"],
  quarantined: ["bad", "stop"],
};

/** A step's status, or that it was taken back: what it did is no more. */
type ShownStatus = StepView["status"] | "undone";

/** What a reader has to know of a step first. */
export function shownStatus({ needsPerson, status, undo }: StepView): ShownStatus {
  if (needsPerson) return "unknown";
  return undo?.status === "done" && status !== "failed" ? "undone" : status;
}

const steps: Record<ShownStatus, Look> = {
  pending: ["idle", "ring"],
  running: ["active", "play"],
  waiting: ["idle", "hourglass"],
  verifying: ["active", "dots"],
  succeeded: ["good", "check"],
  failed: ["bad", "cross"],
  skipped: ["idle", "dash"],
  unknown: ["attention", "question"],
  undone: ["idle", "back"],
};

/** Where a run is. */
export function RunState({ status, bare = false }: { status: RunStatus; bare?: boolean }) {
  const [tone, shape] = runs[status];
  return <StateMark tone={tone} shape={shape} word={useTexts(texts).runs[status]} bare={bare} />;
}

/** Where a step is. */
export function StepState({ status, bare = false }: { status: ShownStatus; bare?: boolean }) {
  const [tone, shape] = steps[status];
  return <StateMark tone={tone} shape={shape} word={useTexts(texts).steps[status]} bare={bare} />;
}

/** For graphs and charts, which draw states themselves. */
export function lookOfStep(status: ShownStatus): { tone: Tone; shape: Shape } {
  const [tone, shape] = steps[status];
  return { tone, shape };
}

export function useStateWords() {
  return useTexts(texts);
}

const texts: Texts<{ runs: Record<RunStatus, string>; steps: Record<ShownStatus, string> }> = {
  en: {
    runs: {
      queued: "queued",
      preparing: "preparing",
      waiting_for_approval: "waiting for approval",
      running: "running",
      waiting: "waiting",
      pausing: "pausing",
      paused: "paused",
      halted: "halted",
      frozen: "frozen",
      needs_attention: "needs attention",
      canceling: "canceling",
      undoing: "undoing",
      succeeded: "succeeded",
      previewed: "previewed",
      failed: "failed",
      canceled: "canceled",
      denied: "denied",
      rejected: "rejected",
      undone: "undone",
      undo_incomplete: "undo incomplete",
      quarantined: "quarantined",
    },
    steps: {
      pending: "pending",
      running: "running",
      waiting: "waiting",
      verifying: "verifying",
      succeeded: "succeeded",
      failed: "failed",
      skipped: "skipped",
      unknown: "outcome unknown",
      undone: "undone",
    },
  },
};
