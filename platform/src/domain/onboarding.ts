import type { OnboardingView } from "@gantry/sdk/api";
import type { RunStatus } from "@gantry/sdk/core";

export interface OnboardingProgress {
  owners: number;
  otherApprovers: number;
  teams: number;
  target: { reached: boolean } | null;
  invitation: object | null;
  run: { status: RunStatus; approved: boolean; undoAsked: boolean } | null;
}

type State = OnboardingView["steps"][number]["state"];

/** How far an organization is. What was done stays done, whatever came later; a change that failed is to be tried again. */
export function onboardingSteps(progress: OnboardingProgress): OnboardingView["steps"] {
  const { owners, otherApprovers, teams, target, invitation, run } = progress;
  const undone = run?.status === "undone";
  const verified = undone || run?.undoAsked === true || run?.status === "succeeded";
  const goesOn = run !== null && !ends.has(run.status);
  const approved = verified || (run?.approved === true && goesOn);
  const state = (done: boolean, waiting: boolean): State => (done ? "done" : waiting ? "waiting" : "open");
  return [
    { step: "administrator", state: state(owners > 0, false) },
    { step: "target", state: state(target?.reached === true, target !== null) },
    { step: "approver", state: state(otherApprovers > 0 || approved, invitation !== null) },
    { step: "change", state: state(approved || run?.status === "waiting_for_approval", goesOn) },
    { step: "approval", state: state(approved, goesOn) },
    { step: "verified", state: state(verified, approved) },
    { step: "undone", state: state(undone, run?.undoAsked === true) },
    { step: "team", state: state(teams > 0, false) },
  ];
}

/** Ends that a change which was taken back or carried out doesn't come to. */
const ends = new Set<RunStatus>(["previewed", "failed", "canceled", "denied", "rejected", "quarantined"]);
