import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Log } from "../lib/log.ts";
import { repeat } from "../lib/repeat.ts";
import type { Queryable } from "../store/queryable.ts";
import { countPoints, forgetPoints, lookAtPoints, sweepPoints, type Points } from "../store/access/rate-limits.ts";

export interface Limit {
  points: number;
  /** A window begins with the first point and ends after this long, whatever happens meanwhile. */
  seconds: number;
}

export interface Taken {
  allowed: boolean;
  /** Points that are left of the window, as far as this process has heard. */
  left: number;
  /** Until the window ends; the wait of whoever was refused. */
  seconds: number;
}

export interface RateLimiter {
  /**
   * Takes points of what `name` has, one unless told. Never are more given out than the limit's, however many processes ask. A
   * process takes a thousandth of the limit from the database at once, and what it holds of that when it falls silent is
   * given to nobody: so a limit below 2,000 points is given out to the last one, a larger one may end that much early.
   */
  take(name: string, limit: Limit, points?: number): Taken | Promise<Taken>;
  /** What this process knows by itself of a name that has nothing left; asks nobody. */
  spent(name: string): Taken | null;
  /** What is left, without taking any. */
  look(name: string, limit: Limit): Promise<Taken>;
  /** As if nothing had been taken. Other processes that refuse the name do so for a second more. */
  forget(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface RateLimiterDeps {
  pool: Queryable;
  /** Unix milliseconds. */
  now(): number;
  log: Log;
}

/** What this process knows of a name. */
interface Counter {
  /** Taken from the database, and not given out yet. */
  held: number;
  used: number;
  window: number;
  /** By this process's clock, and never after the database's end. */
  endsAt: number;
  /** Whoever comes before is refused without asking the database again. */
  refusedUntil: number;
  waiting: { points: number; answer(taken: Taken): void }[];
  asking: boolean;
}

const namesKept = 20_000;
/** What another process forgot is noticed after this long. */
const believeRefusalMs = 1_000;

export function createRateLimiter({ pool, now, log }: RateLimiterDeps): RateLimiter {
  const counters = new LRUCache<string, Counter>({ max: namesKept });
  const alone = new LRUCache<string, Points & { endsAt: number }>({ max: namesKept });
  const sweeping = repeat(() => sweepPoints(pool), {
    everyMs: 60_000,
    log,
    failure: "Counters of requests that ended stayed behind",
  });

  return {
    take: (name, limit, points = 1) => {
      const counter = counterOf(name);
      const at = now();
      if (counter.waiting.length === 0) {
        if (counter.held >= points && counter.endsAt > at) {
          counter.held -= points;
          return answerOf(counter, limit, true, at);
        }
        if (counter.refusedUntil > at) return answerOf(counter, limit, false, at);
      }
      return new Promise((answer) => {
        counter.waiting.push({ points, answer });
        if (!counter.asking) void ask(name, counter, limit);
      });
    },
    spent: (name) => {
      const counter = counters.peek(name);
      const at = now();
      return counter === undefined || counter.refusedUntil <= at
        ? null
        : { allowed: false, left: 0, seconds: inSeconds(counter.endsAt - at) };
    },
    look: async (name, limit) => {
      const { total = 0, endsInMs = limit.seconds * 1_000 } = (await lookAtPoints(pool, hashOf(name))) ?? {};
      return { allowed: total < limit.points, left: Math.max(0, limit.points - total), seconds: inSeconds(endsInMs) };
    },
    forget: async (name) => {
      counters.delete(name);
      alone.delete(name);
      await forgetPoints(pool, hashOf(name));
    },
    close: () => sweeping.stop(),
  };

  function counterOf(name: string): Counter {
    const known = counters.get(name);
    if (known !== undefined) return known;
    const fresh = { held: 0, used: 0, window: 0, endsAt: 0, refusedUntil: 0, waiting: [], asking: false };
    counters.set(name, fresh);
    return fresh;
  }

  /** For all who wait, until nobody does: one question at a time, of as many points as they want. */
  async function ask(name: string, counter: Counter, limit: Limit): Promise<void> {
    counter.asking = true;
    while (counter.waiting.length > 0) {
      const waiting = counter.waiting.splice(0);
      const needed = waiting.reduce((sum, { points }) => sum + points, 0);
      const wanted = Math.max(needed, Math.floor(limit.points / 1_000));
      const askedAt = now();
      const { total, window, endsInMs } = await count(name, wanted, limit);
      if (window !== counter.window) counter.held = 0;
      counter.window = window;
      counter.used = total;
      counter.endsAt = askedAt + endsInMs;
      counter.held += Math.min(Math.max(0, limit.points - (total - wanted)), wanted);
      for (const { points, answer } of waiting) {
        const allowed = counter.held >= points;
        if (allowed) counter.held -= points;
        answer(answerOf(counter, limit, allowed, askedAt));
      }
      if (counter.held === 0 && total >= limit.points)
        counter.refusedUntil = Math.min(counter.endsAt, askedAt + believeRefusalMs);
    }
    counter.asking = false;
  }

  /** Without the database each process counts for itself: better a limit per process than none, or nobody served. */
  async function count(name: string, points: number, { seconds }: Limit): Promise<Points> {
    try {
      return await countPoints(pool, { name: hashOf(name), points, seconds });
    } catch (err) {
      log.warn({ err }, "Requests are counted by this process alone, because the database can't be asked");
      const at = now();
      const known = alone.get(name);
      const goesOn = known !== undefined && known.endsAt > at;
      const endsAt = goesOn ? known.endsAt : at + seconds * 1_000;
      const total = points + (goesOn ? known.total : 0);
      const counted = { total, endsAt, window: -endsAt, endsInMs: endsAt - at };
      alone.set(name, counted);
      return counted;
    }
  }
}

function answerOf({ used, held, endsAt }: Counter, { points }: Limit, allowed: boolean, now: number): Taken {
  return { allowed, left: Math.max(0, points - used) + held, seconds: inSeconds(endsAt - now) };
}

function inSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

function hashOf(name: string): Buffer {
  return createHash("sha256").update(name).digest();
}
