import { digestOf, type Digest, type Plan } from "@gantry/sdk";
import { createRun, evolve, type RunState } from "@gantry/sdk/core";
import { loadEvents, loadPlan, type StoredRun } from "../store/journal/load-runs.ts";
import type { Queryable } from "../store/queryable.ts";
import { openSnapshot } from "../store/journal/snapshot.ts";

export interface StateLoader {
  /** Folds what is stored. @throws Error for a journal that can't be folded. */
  load(stored: StoredRun): Promise<RunState>;
}

const plansKept = 200;

/** Builds states from snapshots and events; keeps the plans that were used last, since many runs share one. */
export function createStateLoader(db: Queryable): StateLoader {
  const plans = new Map<string, Promise<Plan>>();
  const planOf = (org: string, digest: Digest): Promise<Plan> => {
    const key = `${org} ${digest}`;
    let plan = plans.get(key);
    if (plan) plans.delete(key);
    else {
      plan = loadPlan(db, org, digest).then((found) => {
        if (digestOf(found) !== digest)
          throw new Error(`Plan ${digest} of organization ${org} was changed where it is stored.`);
        return found;
      });
      plan.catch(() => plans.delete(key));
    }
    plans.set(key, plan);
    if (plans.size > plansKept) plans.delete(plans.keys().next().value as string);
    return plan;
  };
  return {
    load: async (stored) => {
      const { id, org, planDigest, requester } = stored;
      const seed = { id, plan: await planOf(org, planDigest), planDigest, requester };
      let state =
        stored.snapshotSeq === null ? createRun(seed) : openSnapshot(seed, stored.snapshot, stored.snapshotSeq);
      let { events } = stored;
      if (state === null) {
        // Of another version, or damaged: the journal is the truth, only longer to read.
        state = createRun(seed);
        events = await loadEvents(db, id);
      }
      for (const event of events) evolve(state, event);
      if (state.seq !== stored.seq)
        throw new Error(`Run ${id} stands at ${stored.seq} but its journal ends at ${state.seq}.`);
      return state;
    },
  };
}
