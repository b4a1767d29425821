import type { RunStatus } from "@gantry/sdk/core";
import { expect, test } from "vitest";
import { onboardingSteps, type OnboardingProgress } from "./onboarding.ts";

const fresh: OnboardingProgress = {
  owners: 1,
  otherApprovers: 0,
  teams: 0,
  target: { reached: true },
  invitation: null,
  run: null,
};

/** Steps that aren't open, by state. */
function states(change: Partial<OnboardingProgress>) {
  const steps = onboardingSteps({ ...fresh, ...change });
  const of = (state: string) => steps.flatMap((one) => (one.state === state ? [one.step] : []));
  return { done: of("done"), waiting: of("waiting") };
}
const run = (status: RunStatus, { approved = false, undoAsked = false } = {}) => ({
  otherApprovers: 1,
  run: { status, approved, undoAsked },
});

test("a fresh installation has its administrator and its target; one without a worker waits for it", () => {
  expect(states({})).toEqual({ done: ["administrator", "target"], waiting: [] });
  expect(states({ target: { reached: false } })).toEqual({ done: ["administrator"], waiting: ["target"] });
  expect(states({ invitation: {} }).waiting).toEqual(["approver"]);
});

test("a change goes from asked to approved to verified to undone, and what was done stays done", () => {
  const begun = ["administrator", "target", "approver"];
  expect(states(run("preparing"))).toEqual({ done: begun, waiting: ["change", "approval"] });
  expect(states(run("waiting_for_approval"))).toEqual({ done: [...begun, "change"], waiting: ["approval"] });
  expect(states(run("running", { approved: true }))).toEqual({
    done: [...begun, "change", "approval"],
    waiting: ["verified"],
  });
  const carriedOut = [...begun, "change", "approval", "verified"];
  expect(states(run("succeeded", { approved: true }))).toEqual({ done: carriedOut, waiting: [] });
  const asked = { approved: true, undoAsked: true };
  expect(states(run("waiting_for_approval", asked))).toEqual({ done: carriedOut, waiting: ["undone"] });
  expect(states(run("undone", asked))).toEqual({ done: [...carriedOut, "undone"], waiting: [] });
});

test("a change that failed or was refused is to be asked for again", () => {
  for (const status of ["failed", "rejected", "denied"] as const)
    expect(states(run(status, { approved: status === "failed" })).done).toEqual([
      "administrator",
      "target",
      "approver",
    ]);
});
