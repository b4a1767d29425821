import type { OnboardingView } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { progressOf, type StepName } from "./progress.ts";

const order = ["administrator", "target", "approver", "change", "approval", "verified", "undone", "team"] as const;
const steps = (states: Partial<Record<(typeof order)[number], "done" | "waiting">>): OnboardingView["steps"] =>
  order.map((step) => ({ step, state: states[step] ?? "open" }));
const current = (...[given, more = {}]: [OnboardingView["steps"], object?]) =>
  progressOf(given, { healthy: true, skipped: new Set<StepName>(), ...more }).flatMap((one) =>
    one.current ? [one.step] : [],
  );
const begun = { administrator: "done", target: "done" } as const;

test("the first step that is open is to be done, and those under way before it", () => {
  expect(current(steps(begun))).toEqual(["approver"]);
  expect(current(steps({ ...begun, approver: "waiting" }))).toEqual(["approver", "change"]);
  expect(current(steps({ ...begun, approver: "done", change: "done", approval: "waiting" }))).toEqual([
    "approval",
    "verified",
  ]);
});

test("what works is looked at after the target, keeps nobody waiting, and is nothing to do while it is looked at", () => {
  expect(current(steps(begun), { healthy: false })).toEqual(["preflight", "approver"]);
  expect(current(steps(begun), { healthy: null })).toEqual(["approver"]);
});

test("a skipped step is out of the way until it is done after all", () => {
  const skipped = new Set<StepName>(["approver"]);
  expect(current(steps(begun), { skipped })).toEqual(["change"]);
  const done = progressOf(steps({ ...begun, approver: "done" }), { healthy: true, skipped });
  expect(done.find(({ step }) => step === "approver")?.state).toBe("done");
});
