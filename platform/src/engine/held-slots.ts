import type { RunEvent } from "@gantry/sdk";
import { wantedSlots, type StepState } from "@gantry/sdk/core";
import { storableKey } from "../store/journal/slots.ts";
import type { OwnedRun } from "./owned-run.ts";

/** Keys that steps which could start now want and the run neither holds nor was just refused. */
export function unheldSlots(run: OwnedRun, now: number): { step: string; key: string }[] {
  const { state } = run;
  if (!run.usesSlots || state.halted || state.paused || state.failure || state.cancel) return [];
  return wantedSlots(state).filter(({ step, key }) => {
    const due = state.steps.get(step)?.dueAt ?? null;
    return (due === null || due <= now) && !run.slots.has(storableKey(key)) && !run.refusedSlots.has(storableKey(key));
  });
}

/** The slot's step is under way, or nobody knows whether it still is. */
export function isInUse({ state }: OwnedRun, key: string, step: string): boolean {
  if (step !== "") return isBusy(state.steps.get(step));
  const whole = state.plan.concurrencyKey;
  if (whole !== undefined && storableKey(whole) === key && state.status === null) return false;
  // Taken by a former owner (or for the whole run): any step may be the one.
  return [...state.steps.values()].some(isBusy);
}

function isBusy(step: StepState | undefined): boolean {
  return step?.status === "running" || step?.status === "verifying" || step?.status === "unknown";
}

/** Binds slots to the steps that took them, and drops those whose outcome is known. */
export function slotsToFree(
  run: OwnedRun,
  events: readonly RunEvent[],
  before: readonly { step: string; key: string }[],
): string[] {
  const { state } = run;
  for (const event of events) {
    if (event.type !== "attempt.started" || event.data.operation !== "run") continue;
    const key = before.find(({ step }) => step === event.data.step)?.key;
    if (key !== undefined && run.slots.has(storableKey(key))) run.slots.set(storableKey(key), event.data.step);
  }
  const wanted = new Set(state.status === null ? wantedSlots(state).map(({ key }) => storableKey(key)) : []);
  const whole = state.plan.concurrencyKey === undefined ? null : storableKey(state.plan.concurrencyKey);
  const freed: string[] = [];
  for (const [key, step] of run.slots) {
    const needed = key === whole ? state.status === null : wanted.has(key);
    if (!needed && !isInUse(run, key, step)) freed.push(key);
  }
  for (const key of freed) run.slots.delete(key);
  return freed;
}
