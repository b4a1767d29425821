import { setTimeout as delay } from "node:timers/promises";
import type { ErrorData, Operation } from "@gantry/sdk";
import { isConnectionFailure } from "../domain/limits/breaker.ts";
import { CallLimitedError } from "./errors.ts";
import type { Attempted, Cover, LimitCover } from "./limit-cover.ts";
import type { OwnedRun } from "./owned-run.ts";
import type { PermitDesk } from "./permit-desk.ts";

/** A tool that is called within an attempt. */
export interface LimitedCall {
  agent: string;
  tool: string;
  connections: readonly string[];
  operation: Operation;
}

export interface CallPermit {
  /** The call is over; null: it succeeded. The error is redacted already. */
  end(error: ErrorData | null): void;
}

/**
 * Waits until limits and circuit breakers let the call through, as they would a step; `waits` is told on what.
 * @throws CallLimitedError, or what the signal was aborted with
 */
export type TakeCallPermit = (
  call: LimitedCall,
  options: { signal: AbortSignal; waits(on: string): void },
) => Promise<CallPermit>;

export interface CallPermitsDeps {
  desk: PermitDesk;
  limits(): LimitCover;
  /** Limits of concurrency whose places that attempt holds. */
  placesOf(attempt: string): Promise<readonly string[]>;
  now(): number;
  pollMs: number;
  newId(): string;
}

export interface CallPermits {
  of(run: OwnedRun, attempt: string): TakeCallPermit;
  /** What that run waits for may be free. */
  woken(run: string): void;
}

/** A thinking that waits holds its attempt: past this the model is told, and may do something else. */
const patienceMs = 5 * 60_000;

/** After which a call that goes on has certainly begun. */
const longMs = 1_000;

/** Permits of the calls that attempts make of other tools. Budgets don't ask again: what a call uses is its attempt's use. */
export function createCallPermits(deps: CallPermitsDeps): CallPermits {
  const { desk, now, newId } = deps;
  /** What ends the rests of calls that wait for something to be given back, by run. */
  const resting = new Map<string, Set<AbortController>>();
  const woken = (run: string): void => {
    for (const one of resting.get(run) ?? []) one.abort();
  };
  /** The desk tells who is woken only after it has answered, so nothing is missed between the answer and here. */
  const rest = async (run: string, until: number | null, signal: AbortSignal): Promise<void> => {
    const news = new AbortController();
    const others = resting.get(run) ?? new Set();
    // A turn comes with time.
    if (until === null) resting.set(run, others.add(news));
    const ms = Math.max(0, (until ?? now() + deps.pollMs) - now());
    await delay(ms, undefined, { signal: AbortSignal.any([signal, news.signal]) }).catch(() => undefined);
    if (others.delete(news) && others.size === 0) resting.delete(run);
  };

  const take = async (
    { stored, session, id: run }: OwnedRun,
    { attempt, call, cover }: { attempt: string; call: LimitedCall; cover: Cover },
    { signal, waits }: Parameters<TakeCallPermit>[1],
  ): Promise<string> => {
    const { org, fence } = stored;
    const end = now() + patienceMs;
    const asking = { org, run, session, fence, cover, worstCase: { requests: 0 }, timeoutMs: 0, within: attempt };
    let told = "";
    for (let turn: { id: string; at: number } | null = null; ;) {
      signal.throwIfAborted();
      const id = newId();
      const answer = await desk.ask({ ...asking, id, turn });
      if (answer.kind === "granted") {
        if (!signal.aborted) return id;
        desk.giveBack([id]);
        continue;
      }
      if (answer.kind === "exhausted") throw new Error(`A call of ${call.tool} was asked to pay: ${answer.error.code}`);
      const { id: limit, what, until } = answer.limit;
      if ((until ?? now()) >= end) throw new CallLimitedError(call.tool, what, until);
      if (told !== what) waits((told = what));
      turn = until === null ? null : { id: limit, at: until };
      await rest(run, until, signal);
    }
  };

  const of: CallPermits["of"] = (run, attempt) => {
    const { org, project, environment } = run.stored;
    const place = { org, project, environment };
    let places: Promise<readonly string[]> | undefined;
    /** Calls that share a place of their attempt's follow each other. */
    let last: Promise<void> = Promise.resolve();
    return async (call, options) => {
      const attempted: Attempted = { run: run.id, ...place, ...call };
      const all = deps.limits().of(attempted) ?? nothing;
      // What the attempt itself holds serves its calls too: waiting for it would be waiting for oneself.
      const held = all.limits.length > 0 && run.permits.has(attempt) ? await (places ??= deps.placesOf(attempt)) : [];
      const cover: Cover = { ...all, budgets: [], limits: all.limits.filter((id) => !held.includes(id)) };
      const over = Promise.withResolvers<void>();
      if (cover.limits.length < all.limits.length) {
        const before = last;
        last = over.promise;
        await before;
      }
      const id =
        cover.limits.length + cover.breakers.length === 0
          ? null
          : await take(run, { attempt, call, cover }, options).catch((error: unknown) => {
              over.resolve();
              throw error;
            });
      const begun = id === null ? undefined : setTimeout(() => desk.used([id]), longMs);
      return {
        end: (error) => {
          clearTimeout(begun);
          over.resolve();
          if (error && isConnectionFailure(error)) noteFailure({ ...deps, ...place }, call.connections, error);
          if (id !== null) desk.ended({ id, outcome: error && isConnectionFailure(error) ? "failed" : "answered" });
        },
      };
    };
  };
  return { of, woken };
}

const nothing: Cover = { limits: [], budgets: [], breakers: [] };

/** Counts against the connections that the tool used, or against the one that it blames. */
export function noteFailure(
  { desk, limits, ...place }: Pick<CallPermitsDeps, "desk" | "limits"> & Parameters<LimitCover["placeOf"]>[0],
  connections: readonly string[],
  error: ErrorData,
): void {
  const blamed = error.details?.["connection"];
  for (const connection of connections) {
    if (typeof blamed === "string" && blamed !== connection) continue;
    desk.failed(limits().placeOf(place, connection), error.message.slice(0, 500));
  }
}
