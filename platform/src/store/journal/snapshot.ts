import { hash } from "node:crypto";
import type { Json } from "@gantry/sdk";
import { restoreSnapshot, snapshotOf, type RunSeed, type RunState } from "@gantry/sdk/core";

/** A run's state as it is stored with the run, so that a claim reads only the events behind it. JSON text. */
export function sealSnapshot(state: RunState): string {
  const text = JSON.stringify(snapshotOf(state));
  return `{"digest":"${hash("sha256", text)}","state":${text}}`;
}

/** The state at `seq`; null where it was stored in another version or isn't what was stored. The journal is the truth. */
export function openSnapshot(seed: RunSeed, stored: Json, seq: number): RunState | null {
  try {
    const { digest, state } = stored as { digest: string; state: Json };
    if (hash("sha256", JSON.stringify(state)) !== digest) return null;
    const restored = restoreSnapshot(seed, state);
    return restored?.seq === seq ? restored : null;
  } catch {
    return null;
  }
}
