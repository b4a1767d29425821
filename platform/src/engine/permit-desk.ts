import type { ErrorData, LimitWait } from "@gantry/sdk";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { noteFailure, type BreakerRules } from "../domain/limits/breaker.ts";
import {
  accountKey,
  decidePermit,
  foldPermit,
  type Claim,
  type PermitNews,
  type PermitRequest,
  type Targets,
} from "../domain/limits/permits.ts";
import { crashPoint } from "../lib/crash-points.ts";
import * as store from "../store/journal/permits.ts";
import type { Cover } from "./limit-cover.ts";

export interface DeskRequest extends Omit<PermitRequest, "limits" | "budgets" | "breakers"> {
  org: string;
  run: string;
  session: string;
  fence: number;
  cover: Cover;
  /** For a call: the attempt that makes it. */
  within?: string;
}

export type DeskAnswer =
  | { kind: "granted" }
  | { kind: "refused"; limit: LimitWait }
  | { kind: "exhausted"; error: ErrorData };

export interface PermitDesk {
  /** Takes a permit or says why not; all that is asked for at the same time shares a transaction. */
  ask(request: DeskRequest): Promise<DeskAnswer>;
  /** These attempts have begun. */
  used(ids: readonly string[]): void;
  /** A call that held a permit is over. */
  ended(call: store.EndedCall): void;
  /** Permits that are not needed: their attempts never began. */
  giveBack(ids: readonly string[]): void;
  /** The journal holds the ends of attempts with permits: counters are brought up to date, waiters woken. */
  settle(): void;
  /** An attempt failed as it does when a connection is broken. */
  failed(place: store.BreakerPlace, reason: string): void;
  /** Gives back what nobody will use, and wakes whom nobody woke. */
  sweep(): Promise<void>;
}

export interface PermitDeskDeps {
  db: pg.Pool;
  newId(): string;
  breakerRules: BreakerRules;
  persist<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Runs that wait for what came free. */
  woken(runs: readonly string[]): void;
}

interface Round {
  requests: { request: DeskRequest; answer(answer: DeskAnswer): void; fail(error: unknown): void }[];
  used: string[];
  ended: store.EndedCall[];
  back: string[];
  failures: { place: store.BreakerPlace; reason: string }[];
  settle: boolean;
  sweep: boolean;
}

const maximumRequests = 250;
const emptyRound = (): Round => ({
  requests: [],
  used: [],
  ended: [],
  back: [],
  failures: [],
  settle: false,
  sweep: false,
});

/**
 * Where this worker gets its permits. One transaction at a time, for everything that gathered since the last one: it
 * locks the counters, brings them up to date with what the journal knows, and decides.
 */
export function createPermitDesk(deps: PermitDeskDeps): PermitDesk {
  let next = emptyRound();
  let running: Promise<void> | null = null;

  const go = (): Promise<void> => (running ??= work().finally(() => (running = null)));
  const work = async (): Promise<void> => {
    // After all that this turn of the event loop asks for.
    await delay(0);
    while (!isEmpty(next)) {
      const round = next;
      next = emptyRound();
      next.requests = round.requests.splice(maximumRequests);
      try {
        let tries = 0;
        const { answers, woken } = await deps.persist("take permits", () => {
          tries += 1;
          return transact(deps, round, tries > 1);
        });
        if (answers.length > 0) crashPoint("after-permit");
        for (const [index, { answer }] of round.requests.entries()) answer(answers[index] as DeskAnswer);
        // After the answers: who was refused just now may be woken already.
        if (woken.length > 0) setImmediate(() => deps.woken(woken));
      } catch (error) {
        for (const { fail } of round.requests) fail(error);
      }
    }
  };

  return {
    ask: (request) =>
      new Promise((answer, fail) => {
        next.requests.push({ request, answer, fail });
        void go();
      }),
    used: (ids) => {
      next.used.push(...ids);
      void go();
    },
    ended: (call) => {
      next.ended.push(call);
      void go();
    },
    giveBack: (ids) => {
      next.back.push(...ids);
      void go();
    },
    settle: () => {
      next.settle = true;
      void go();
    },
    failed: (place, reason) => {
      next.failures.push({ place, reason });
      void go();
    },
    sweep: () => {
      next.sweep = true;
      return go();
    },
  };
}

function isEmpty({ requests, used, ended, back, failures, settle, sweep }: Round): boolean {
  return requests.length + used.length + ended.length + back.length + failures.length === 0 && !settle && !sweep;
}

async function transact(
  deps: PermitDeskDeps,
  round: Round,
  again: boolean,
): Promise<{ answers: DeskAnswer[]; woken: string[] }> {
  const db = await deps.db.connect();
  let broken: unknown;
  const onError = (error: unknown) => (broken = error);
  db.on("error", onError);
  try {
    const now = await store.beginPermits(db);
    const result = await decideRound(db, deps, round, now, again);
    await db.query("COMMIT");
    return result;
  } catch (error) {
    await db.query("ROLLBACK").catch((cause: unknown) => (broken = cause));
    throw error;
  } finally {
    db.off("error", onError);
    db.release(broken !== undefined);
  }
}

async function decideRound(
  db: pg.PoolClient,
  deps: PermitDeskDeps,
  round: Round,
  now: number,
  again: boolean,
): Promise<{ answers: DeskAnswer[]; woken: string[] }> {
  const requests = round.requests.map(({ request }) => request);
  if (round.used.length > 0) await store.markUsed(db, round.used);
  if (round.ended.length > 0) await store.endCalls(db, round.ended);
  if (round.sweep) await store.endLostCalls(db);
  const back = [...round.back, ...(round.sweep ? await store.findOrphans(db) : [])];
  const news: (PermitNews & { org: string })[] = await store.readNews(db);
  if (back.length > 0) for (const one of await store.takeBack(db, back)) news.push(released(one, now));
  const failing =
    round.failures.length > 0 ? await failuresById(db, deps, round.failures) : new Map<string, string[]>();
  const locked = await store.lockTargets(db, wantedOf(requests, news, [...failing.keys()]));
  const targets = { ...locked, rules: deps.breakerRules };
  const statesBefore = new Map([...targets.breakers].map(([id, { breaker }]) => [id, breaker.state]));

  for (const one of news) foldPermit(targets, one);
  for (const [id, reasons] of failing) {
    const found = targets.breakers.get(id);
    for (const reason of reasons) if (found) noteFailure(found.breaker, deps.breakerRules, now, reason);
  }
  const there = again
    ? await store.findPermits(
        db,
        requests.map(({ id }) => id),
      )
    : null;
  const permits: store.NewPermit[] = [];
  const waiters: { org: string; target: string; run: string }[] = [];
  const answers = requests.map((request): DeskAnswer => {
    if (there?.has(request.id)) return { kind: "granted" };
    const { id, org, run, session, fence, cover } = request;
    const answer = decidePermit(targets, { ...request, ...cover }, now);
    if (answer.kind === "granted") permits.push({ id, org, run, session, fence, claims: claimsOf(answer, request) });
    if (answer.kind === "refused") waiters.push({ org, run, target: answer.limit.id });
    return answer.kind === "granted" ? { kind: "granted" } : answer;
  });

  const changed = new Set(
    [...targets.breakers].filter(([id, { breaker }]) => breaker.state !== statesBefore.get(id)).map(([id]) => id),
  );
  await store.saveTargets(db, targets, changed);
  await store.forgetNews(
    db,
    news.filter(({ to }) => to === "ended").map(({ id }) => id),
    news.filter(({ to }) => to === "used").map(({ id }) => id),
  );
  await store.insertPermits(db, permits);
  await store.insertWaiters(db, waiters);
  const freed = freedBy(targets, news);
  // Who was woken and can't be served won't give anything back that would wake the next.
  for (const [index, answer] of answers.entries()) {
    if (answer.kind !== "exhausted") continue;
    for (const { id } of requests[index]?.cover.budgets ?? []) freed.push({ target: id, room: maximumRequests });
  }
  if (round.sweep) freed.push(...(await store.findForgottenWaiters(db)));
  return { answers, woken: await store.wakeWaiters(db, freed) };
}

function claimsOf({ claims }: { claims: Claim[] }, { within }: DeskRequest): Claim[] {
  return within === undefined ? claims : [...claims, { kind: "attempt", id: within }];
}

function released({ id, org, claims }: { id: string; org: string; claims: Claim[] }, now: number) {
  const nothing = { usedAt: now, ms: 0, usage: null, outcome: "answered" as const };
  return { id, org, claims, from: "held" as const, to: "released" as const, ...nothing };
}

async function failuresById(
  db: pg.PoolClient,
  { newId }: PermitDeskDeps,
  failures: Round["failures"],
): Promise<Map<string, string[]>> {
  const ids = await store.ensureBreakers(
    db,
    failures.map(({ place }) => ({ ...place, id: newId() })),
  );
  const byId = new Map<string, string[]>();
  for (const [index, id] of ids.entries()) {
    const reasons = byId.get(id) ?? [];
    reasons.push(failures[index]?.reason ?? "");
    byId.set(id, reasons);
  }
  return byId;
}

/** Everything that the round decides on, so that it can be locked in one order. */
function wantedOf(
  requests: readonly DeskRequest[],
  news: readonly { org: string; claims: readonly Claim[] }[],
  failing: readonly string[],
): Parameters<typeof store.lockTargets>[1] {
  const limits = new Map<string, string>();
  const accounts = new Map<string, { org: string; id: string; subject: string }>();
  const breakers = new Set(failing);
  for (const { org, cover } of requests) {
    for (const id of cover.limits) limits.set(id, org);
    for (const { id, subject } of cover.budgets) accounts.set(accountKey(id, subject), { org, id, subject });
    for (const id of cover.breakers) breakers.add(id);
  }
  for (const { org, claims } of news) {
    for (const claim of claims) {
      if (claim.kind === "limit") limits.set(claim.id, org);
      else if (claim.kind === "breaker") breakers.add(claim.id);
      else if (claim.kind === "budget")
        accounts.set(accountKey(claim.id, claim.subject), { org, id: claim.id, subject: claim.subject });
    }
  }
  return { limits, accounts, breakers: [...breakers] };
}

/** One place for each attempt that ended; who waits for a rate has its turn, and comes by itself. */
function freedBy(targets: Targets, news: readonly { to: PermitNews["to"]; claims: readonly Claim[] }[]) {
  const room = new Map<string, number>();
  for (const { to, claims } of news) {
    if (to === "used") continue;
    for (const claim of claims) {
      if (claim.kind === "attempt") continue;
      if (claim.kind === "limit" && targets.limits.get(claim.id)?.bound.perMs !== null) continue;
      // A breaker that closed lets all go on; one that opened anew tells them until when.
      const more = claim.kind === "breaker" ? 1_000 : 1;
      room.set(claim.id, (room.get(claim.id) ?? 0) + more);
    }
  }
  return [...room].map(([target, places]) => ({ target, room: places }));
}
