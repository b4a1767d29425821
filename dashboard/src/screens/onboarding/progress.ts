import type { OnboardingStep, OnboardingView } from "@gantry/sdk/api";

export type StepName = OnboardingStep | "preflight";
export type StepState = "done" | "waiting" | "open" | "skipped";

export interface Progress {
  step: StepName;
  state: StepState;
  /** What there is to do now: everything before it is done, under way or can wait. */
  current: boolean;
}

/** The change can be made without them. */
export const optional: ReadonlySet<StepName> = new Set(["preflight", "team"]);

/** The server's steps with the look at what works between them; that one is made here, because looking costs something. */
export function progressOf(
  steps: OnboardingView["steps"],
  { healthy, skipped }: { healthy: boolean | null; skipped: ReadonlySet<StepName> },
): Progress[] {
  const preflight = { step: "preflight" as const, state: healthy === true ? ("done" as const) : ("open" as const) };
  const all = steps.flatMap((one): { step: StepName; state: OnboardingView["steps"][number]["state"] }[] =>
    one.step === "target" ? [one, preflight] : [one],
  );
  let reached = true;
  return all.map(({ step, state }) => {
    const shown: StepState = state !== "done" && skipped.has(step) ? "skipped" : state;
    const current = reached && (shown === "open" || shown === "waiting") && !(step === "preflight" && healthy === null);
    if (shown === "open" && !optional.has(step)) reached = false;
    return { step, state: shown, current };
  });
}
