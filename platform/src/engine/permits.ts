import { isConnectionFailure } from "../domain/limits/breaker.ts";
import type { Operation, RunEvent } from "@gantry/sdk";
import { worstCaseOf, type RunInput, type StepState } from "@gantry/sdk/core";
import { noteFailure } from "./call-permits.ts";
import type { Cover, LimitCover } from "./limit-cover.ts";
import type { OwnedRun } from "./owned-run.ts";
import type { DeskAnswer, PermitDesk } from "./permit-desk.ts";

/** A permit that a decision would have needed. */
export interface WantedPermit {
  key: string;
  step: string;
  operation: Operation;
  cover: Cover;
}

export const permitKey = (step: string, operation: Operation): string => `${operation} ${step}`;

export interface PermitsDeps {
  desk: PermitDesk;
  limits(): LimitCover;
  now(): number;
  pollMs: number;
  newId(): string;
  feed(run: OwnedRun, input: RunInput): void;
  onErrand(run: OwnedRun, work: () => Promise<void>): void;
}

export interface Permits {
  take(run: OwnedRun, wanted: readonly WantedPermit[]): void;
  attemptFailed(run: OwnedRun, event: RunEvent<"attempt.failed">): void;
  /** Asks again for everything that the run waits for. */
  relook(run: OwnedRun): void;
  /** Asks again for what has no time, now and then: what came free elsewhere is told to nobody in memory. */
  relookIfTime(run: OwnedRun): void;
}

/** What runs in this process want of limits, and what becomes of it. */
export function createPermits({ desk, limits, now, pollMs, newId, feed, onErrand }: PermitsDeps): Permits {
  const takeAnswer = (run: OwnedRun, { key, step, operation }: WantedPermit, id: string, answer: DeskAnswer): void => {
    switch (answer.kind) {
      case "granted":
        run.grants.set(key, id);
        return;
      case "refused":
        run.limited.set(key, answer.limit.until);
        return feed(run, { kind: "limited", step, operation, limit: answer.limit });
      case "exhausted":
        // Not asked again before somebody changes the budget.
        run.limited.set(key, null);
        return feed(run, { kind: "exhausted", step, error: answer.error });
      default:
        return answer satisfies never;
    }
  };
  const take = async (run: OwnedRun, wanted: readonly WantedPermit[]): Promise<void> => {
    const { org, fence } = run.stored;
    const asked = wanted.map((one) => ({ one, id: newId() }));
    for (const { one } of asked) {
      run.asking.add(one.key);
      run.limited.delete(one.key);
    }
    const answers = await Promise.all(
      asked.map(({ one: { step, cover }, id }) => {
        const of = run.state.steps.get(step) as StepState;
        const { limit } = of;
        const turn = limit === null || limit.until === null ? null : { id: limit.id, at: limit.until };
        const worstCase = worstCaseOf(run.state, of);
        const own = of.step.kind === "tool" ? of.step.timeoutMs : undefined;
        const tool = of.step.kind === "tool" ? run.state.graph.tools.get(of.step.tool) : undefined;
        const timeoutMs = own ?? tool?.timeoutMs ?? 0;
        return desk.ask({ id, org, run: run.id, session: run.session, fence, cover, worstCase, timeoutMs, turn });
      }),
    );
    run.asking.clear();
    const unused: string[] = [];
    for (const [index, { one, id }] of asked.entries()) {
      const answer = answers[index] as DeskAnswer;
      if (!run.gone) takeAnswer(run, one, id, answer);
      else if (answer.kind === "granted") unused.push(id);
    }
    if (unused.length > 0) desk.giveBack(unused);
  };
  const relook = (run: OwnedRun): void => {
    if (run.limited.size === 0) return;
    run.limited.clear();
    run.askedAt = now();
    feed(run, { kind: "advance" });
  };

  return {
    take: (run, wanted) => onErrand(run, () => take(run, wanted)),
    relook,
    relookIfTime: (run) => {
      if (run.limited.size === 0 || now() - run.askedAt < pollMs) return;
      run.askedAt = now();
      let freed = false;
      for (const [key, until] of run.limited) {
        if (until !== null) continue;
        run.limited.delete(key);
        freed = true;
      }
      if (freed) feed(run, { kind: "advance" });
    },
    attemptFailed: (run, { data: { step, error } }) => {
      if (!isConnectionFailure(error)) return;
      const of = run.state.steps.get(step);
      const tool = of?.step.kind === "tool" ? run.state.graph.tools.get(of.step.tool) : undefined;
      noteFailure({ ...run.stored, desk, limits }, tool?.connections ?? [], error);
    },
  };
}
