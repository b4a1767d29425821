import { digestOf, errorData, GantryError, platformActor, type Plan } from "@gantry/sdk";
import { childParameters, type RunInput } from "@gantry/sdk/core";
import type { Log } from "../lib/log.ts";
import { crashPoint } from "../lib/crash-points.ts";
import { createRun, runExists } from "../store/journal/create-run.ts";
import type { Queryable } from "../store/queryable.ts";
import { acquireSlot, storableKey } from "../store/journal/slots.ts";
import type { OwnedRun } from "./owned-run.ts";
import type { SubRunRequest } from "./ports.ts";

export interface ErrandDeps {
  db: Queryable;
  planSubRun(request: SubRunRequest): Promise<() => Plan>;
  now(): number;
  feed(run: OwnedRun, input: RunInput): void;
  announceWork(): void;
  /** Tries until it works or the worker stops; for what must not fail only because the database is away. */
  persist<T>(what: string, work: () => Promise<T>): Promise<T>;
  log: Log;
}

export interface Errands {
  /** Keeps the run in memory meanwhile, and looks at it afterwards. */
  onErrand(run: OwnedRun, work: () => Promise<void>): void;
  takeSlots(run: OwnedRun, wanted: readonly { step: string; key: string }[]): void;
  startChild(run: OwnedRun, step: string, child: string): void;
}

/** What a run needs from the database besides its own journal. It isn't parked while an errand is under way. */
export function createErrands(deps: ErrandDeps): Errands {
  const onErrand = (run: OwnedRun, work: () => Promise<void>): void => {
    run.errands += 1;
    work()
      .catch((error: unknown) =>
        deps.log.error({ err: error, run: run.id }, "Something that a run needs could not be done"),
      )
      .finally(() => {
        run.errands -= 1;
        deps.feed(run, { kind: "advance" });
      });
  };

  const takeSlots = async (run: OwnedRun, wanted: readonly { step: string; key: string }[]): Promise<void> => {
    for (const { step, key } of wanted) {
      const stored = storableKey(key);
      if (run.slots.has(stored) || run.refusedSlots.has(stored)) continue;
      const { org, fence } = run.stored;
      const request = { org, key, run: run.id, step, session: run.session, fence };
      const busy = await deps.persist("take a slot", () => acquireSlot(deps.db, request));
      // Whoever owns the run now found the slot when it loaded the run.
      if (run.gone) return;
      if (busy === null) run.slots.set(stored, step);
      else {
        run.refusedSlots.add(stored);
        // The key of the whole run belongs to no step; until it is free the run is simply queued.
        if (step !== "") deps.feed(run, { kind: "slot_busy", step, key, holder: busy.holder });
      }
    }
  };

  const startChild = async (run: OwnedRun, step: string, child: string): Promise<void> => {
    const { org, project, requester, priority } = run.stored;
    if (await deps.persist("look for a sub-run", () => runExists(deps.db, child))) return;
    const make = await deps.persist("find the runbook of a sub-run", () => planOf(deps, run, step));
    let plan: Plan;
    try {
      plan = { ...make(), ...taintedBy(run.state.plan) };
    } catch (error) {
      return deps.feed(run, {
        kind: "child_ended",
        actor: platformActor,
        child,
        status: "failed",
        outputs: null,
        error: errorData(error),
      });
    }
    const parent = { run: run.id, step };
    await deps.persist("create a sub-run", () =>
      createRun(deps.db, {
        id: child,
        org,
        project,
        plan,
        planDigest: digestOf(plan),
        requester,
        planners: run.state.parties,
        priority,
        parent,
        dryRun: run.state.dryRun,
        at: deps.now(),
        queueLimit: null,
      }),
    );
    crashPoint("after-child-created");
    deps.announceWork();
  };

  return {
    onErrand,
    takeSlots: (run, wanted) => onErrand(run, () => takeSlots(run, wanted)),
    startChild: (run, step, child) => onErrand(run, () => startChild(run, step, child)),
  };
}

/** Nobody vouches for what a model chose to be done within its plan, either. */
function taintedBy({ tainted }: Plan): Pick<Plan, "tainted"> {
  return tainted === undefined ? {} : { tainted };
}

/** How the plan of a sub-run is made or refused. Rejects only when that could not be found out. */
async function planOf(
  { planSubRun }: Pick<ErrandDeps, "planSubRun">,
  { state, stored: { org, project, environment, requester } }: OwnedRun,
  step: string,
): Promise<() => Plan> {
  try {
    return await planSubRun({ org, project, environment, ...childParameters(state, step), requester });
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return () => {
      throw error;
    };
  }
}
