import type { Json } from "../json.ts";
import { createRun, type RunSeed } from "./evolve.ts";
import type { RunState, StepState } from "./state.ts";

const collections = ["ready", "todo", "timers", "limited", "recheck"] as const;
const tables = ["open", "gates", "signals"] as const;
const plain = [
  "seq",
  "dryRun",
  "phase",
  "deadlineAt",
  "unsettled",
  "paused",
  "halted",
  "frozen",
  "freezeOverride",
  "cancel",
  "failure",
  "undo",
  "status",
  "formerStatus",
  "finalError",
] as const;
/** Grows whenever the form below changes; an older snapshot is then ignored and the journal folded from its start. */
const version = 5;

/** The state as data. Folding the journal gives the same; this is only quicker for long ones. */
export function snapshotOf(state: RunState): Json {
  const steps = [...state.steps.values()].map(({ step, ...rest }) => ({ ...rest, id: step.id }));
  return JSON.parse(
    JSON.stringify({
      version,
      steps,
      ...Object.fromEntries(plain.map((key) => [key, state[key]])),
      ...Object.fromEntries(collections.map((key) => [key, [...state[key]]])),
      ...Object.fromEntries(tables.map((key) => [key, [...state[key]]])),
    }),
  ) as Json;
}

/** The state of a snapshot; null when it was written in another version. */
export function restoreSnapshot(seed: RunSeed, snapshot: Json): RunState | null {
  const data = snapshot as unknown as { version: number; steps: (Omit<StepState, "step"> & { id: string })[] } & Record<
    string,
    never
  >;
  if (data.version !== version) return null;
  const state = createRun(seed);
  const ids = new Map(seed.plan.steps.map((step) => [step.id, step]));
  state.steps.clear();
  for (const { id, ...rest } of data.steps) {
    const step = ids.get(id);
    if (step) state.steps.set(rest.key, { ...rest, step });
  }
  for (const key of plain) Object.assign(state, { [key]: data[key] });
  for (const key of collections) {
    state[key].clear();
    for (const one of data[key] as unknown as string[]) state[key].add(one);
  }
  for (const key of tables) {
    const table = state[key] as Map<string, unknown>;
    table.clear();
    for (const [name, value] of data[key] as unknown as [string, unknown][]) table.set(name, value);
  }
  return state;
}
