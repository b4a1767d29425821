import type { Endpoint } from "@gantry/sdk/api";
import type { FastifyRequest } from "fastify";
import type { Pool } from "pg";
import type { Log } from "../../lib/log.ts";
import { inOrganization } from "../../store/organization.ts";
import { readAccessVersion } from "../../store/control/rules.ts";
import { placesOf, type Access, type Parts } from "../access/access.ts";
import { requireScope, type Caller } from "../access/caller.ts";
import { problemOf } from "./problem.ts";

/** A stream that was opened by a call, and may go on for days. */
export interface GuardedCall {
  endpoint: Endpoint;
  caller: Caller;
  request: FastifyRequest;
  parts: Parts;
  /** Aborted when the stream is over. */
  until: AbortSignal;
  /** Its caller may not have it any more, or sees another part of the organization now. */
  onLost(): void;
}

export interface StreamGuards {
  watch(call: GuardedCall): void;
  /** Resolves when it looks no more. */
  close(): Promise<void>;
}

interface Guarded extends GuardedCall {
  version: string;
  checkedAt: number;
}

/** What ends by its time alone (keys, sessions, roles for a while) changes no version, and is looked for this often. */
const anewAfterMs = 10_000;
const atOnce = 20;

/**
 * Ends streams whose callers lost the right to them. However many are open, an organization costs one look per round at the version that
 * grows with each change of who may what; only when it grew, or some time has passed, are callers looked up again.
 */
export function createStreamGuards(deps: {
  pool: Pool;
  access: Access;
  /** As for a new request, without counting as use: a stream alone keeps no session awake. */
  findSender(request: FastifyRequest): Promise<Caller>;
  now(): number;
  everyMs: number;
  log: Log;
}): StreamGuards {
  const open = new Set<Guarded>();
  let looking: Promise<void> | null = null;

  const look = async (): Promise<void> => {
    const byOrganization = Map.groupBy(open, ({ caller }) => caller.org);
    for (const [org, streams] of byOrganization) {
      const version = await inOrganization(deps.pool, org, (db) => readAccessVersion(db, org));
      const due = streams.filter((one) => one.version !== version || deps.now() - one.checkedAt > anewAfterMs);
      for (let from = 0; from < due.length; from += atOnce)
        await Promise.all(due.slice(from, from + atOnce).map((one) => checkAgain(one, version)));
    }
  };
  const checkAgain = async (one: Guarded, version: string): Promise<void> => {
    try {
      const { endpoint, caller: before, request, parts } = one;
      const caller = await deps.findSender(request);
      if (endpoint.scope !== "public") requireScope(caller, endpoint.scope);
      if (caller.org !== before.org || String(placesOf(caller)) !== String(placesOf(before))) return lose(one);
      await deps.access.check(caller, endpoint, parts);
      one.version = version;
      one.checkedAt = deps.now();
    } catch (error) {
      // That the database is away is no answer.
      if ([401, 403, 404].includes(problemOf(error, one.request).status)) lose(one);
      else throw error;
    }
  };
  const lose = (one: Guarded): void => {
    open.delete(one);
    one.onLost();
  };
  const timer = setInterval(() => {
    if (open.size === 0) return;
    looking ??= look()
      .catch((err: unknown) => deps.log.warn({ err }, "Open streams can't be checked; trying again"))
      .finally(() => (looking = null));
  }, deps.everyMs);

  return {
    watch: (call) => {
      const one = { ...call, version: call.caller.accessVersion, checkedAt: deps.now() };
      open.add(one);
      call.until.addEventListener("abort", () => open.delete(one), { once: true });
    },
    close: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}
