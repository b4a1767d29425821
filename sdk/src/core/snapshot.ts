import type { Json } from "../json.ts";
import { createRun, type RunSeed } from "./create-run.ts";
import { createStep } from "./step-changes.ts";
import type { RunState, StepState } from "./state.ts";
import { startTimer } from "./timers.ts";

const collections = ["ready", "early", "todo", "limited", "waiting", "recheck"] as const;
const tables = ["open", "gates", "signals"] as const;
const plain = [
  "seq",
  "dryRun",
  "parties",
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
export const snapshotVersion = 9;

/** A step without what is as in one that hasn't begun: of a loop of 10,000 items most fields are. */
type StoredStep = Partial<Omit<StepState, "step" | "key">>;

interface Stored {
  version: number;
  /** By key, with the plan's step where that has another name (items). */
  steps: [key: string, id: string, StoredStep][];
  timers: string[];
}

/** The state as data. Folding the journal gives the same; this is only quicker for long ones. It shares values with the state. */
export function snapshotOf(state: RunState): Json {
  const steps = [...state.steps.values()].map((one) => [one.key, one.step.id, unlikeNew(one)]);
  return {
    version: snapshotVersion,
    steps,
    timers: [...state.timers.entries.keys()],
    ...Object.fromEntries(plain.map((key) => [key, state[key]])),
    ...Object.fromEntries(collections.map((key) => [key, [...state[key]]])),
    ...Object.fromEntries(tables.map((key) => [key, [...state[key]]])),
  } as unknown as Json;
}

function unlikeNew({ step, key, ...rest }: StepState): StoredStep {
  const fresh = createStep(key, step, 0) as StepState & Record<string, unknown>;
  const entries = Object.entries(rest).filter(([name, value]) =>
    name === "tries" ? Object.values(rest.tries).some((tries) => tries > 0) : value !== fresh[name],
  );
  return Object.fromEntries(entries);
}

/** The state of a snapshot, which it takes over; null when it was written in another version. */
export function restoreSnapshot(seed: RunSeed, snapshot: Json): RunState | null {
  const data = snapshot as unknown as Stored & Record<string, never>;
  if (data.version !== snapshotVersion) return null;
  const state = createRun(seed);
  const ids = new Map(seed.plan.steps.map((step) => [step.id, step]));
  state.steps.clear();
  for (const [key, id, rest] of data.steps) {
    const step = ids.get(id);
    if (step) state.steps.set(key, { ...createStep(key, step, 0), ...rest });
  }
  for (const key of plain) Object.assign(state, { [key]: data[key] });
  for (const key of collections) {
    state[key].clear();
    for (const one of data[key] as unknown as string[]) state[key].add(one);
  }
  for (const key of data.timers) {
    const { dueAt, dueFor } = state.steps.get(key) as StepState;
    startTimer(state.timers, key, dueAt as number, dueFor ?? "wait");
  }
  for (const key of tables) {
    const table = state[key] as Map<string, unknown>;
    table.clear();
    for (const [name, value] of data[key] as unknown as [string, unknown][]) table.set(name, value);
  }
  return state;
}
