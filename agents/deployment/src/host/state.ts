import { readJson, writeDurably } from "./durable.ts";
import type { By, HostConfig, HostState, VersionRecord } from "./protocol.ts";

/** Runs whose fences are remembered; the oldest go first. */
const fencesKept = 100;

export interface StateFile {
  readonly current: HostState;
  /** Writes the state down; when it returns, the change survives a crash. */
  save(): void;
  version(id: string): VersionRecord | undefined;
  /** False when a later owner of the run was here before. */
  admit(by: By): boolean;
}

/** Opens `state.json`. A host that never ran has an empty state. */
export function openState(path: string): StateFile {
  const current = (readJson(path) as HostState | null) ?? emptyState();
  if (current.format !== 1)
    throw new Error(`${path} was written by another release of Gantry (format ${String(current.format)}).`);
  return {
    current,
    save: () => writeDurably(path, JSON.stringify(current, null, 1)),
    version: (id) => (Object.hasOwn(current.versions, id) ? current.versions[id] : undefined),
    admit: (by) => admit(current, by),
  };
}

export function readConfig(path: string): HostConfig | null {
  return readJson(path) as HostConfig | null;
}

function emptyState(): HostState {
  return { format: 1, active: null, stoppedFrom: null, versions: {}, fences: {} };
}

function admit(state: HostState, { run, fence }: By): boolean {
  const seen = Object.hasOwn(state.fences, run) ? (state.fences[run] ?? fence) : fence;
  if (fence < seen) return false;
  delete state.fences[run]; // Put last again: the order of insertion is the order of age.
  state.fences[run] = fence;
  for (const oldest of Object.keys(state.fences).slice(0, -fencesKept)) delete state.fences[oldest];
  return true;
}
