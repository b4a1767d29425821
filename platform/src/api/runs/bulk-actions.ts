import {
  api,
  BulkCommand,
  bulkLimit,
  type BulkActionView,
  type BulkFilter,
  type BulkItem,
  type RunSummary,
} from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  confirmBulkAction,
  countEnded,
  findBulkAction,
  findBulkRuns,
  insertBulkAction,
  listBulkActions,
  listBulkItems,
  lockBulkAction,
  type BulkActionRow,
  type BulkItemRow,
} from "../../store/runs/bulk-actions.ts";
import { findRun } from "../../store/runs/run-list.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { Queryable } from "../../store/organization.ts";
import { assertQuotas } from "../../store/control/quotas.ts";
import { setTimeout as delay } from "node:timers/promises";
import type { ApiDeps } from "../deps.ts";
import {
  BulkActionExpiredError,
  BulkCountDiffersError,
  BulkFilterEmptyError,
  BulkMatchesNothingError,
  BulkNotYoursError,
  BulkTooManyError,
  NotFoundError,
} from "../errors.ts";
import { route } from "../http/route.ts";
import { runSummary } from "./run-view.ts";

/** Long enough to read the list and ask a colleague; what the runs are may be another thing tomorrow. */
const validMs = 3_600_000;
const sampled = 10;
/** For as long one call waits for answers. */
const waitMs = 10_000;
/** Where much happens there are news all the time. */
const restMs = 100;

/** One command to many runs: the list is frozen and shown first, then confirmed by its id and count. */
export function bulkActionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.bulkActions.create, async ({ body, caller, tx, id }) => {
    const { command, filter } = body;
    assertFilter(filter);
    return tx(async (db) => {
      // The same id again: what was frozen then, not what the filter finds now.
      if ((await findBulkAction(db, id)) === null) {
        const runs = await findBulkRuns(db, caller.org, command.action, filter, bulkLimit);
        if (runs.length === 0) throw new BulkMatchesNothingError(command.action);
        if (runs.length > bulkLimit) throw new BulkTooManyError(bulkLimit);
        await insertBulkAction(db, { id, org: caller.org, actor: caller.actor, command, filter, runs, validMs });
      }
      const row = await requireBulk(findBulkAction(db, id));
      const first = await listBulkItems(db, id, 0, sampled);
      const sample: RunSummary[] = [];
      for (const { run } of first) {
        const found = await findRun(db, run);
        if (found !== null) sample.push(runSummary(found));
      }
      return { ...view(row), sample };
    });
  });

  route(app, deps, api.bulkActions.confirm, async ({ params, body, caller, tx }) => {
    const row = await tx(async (db) => {
      const bulk = await requireBulk(lockBulkAction(db, params.bulk));
      if (bulk.actor !== caller.actor.id) throw new BulkNotYoursError(bulk.actorName);
      if (bulk.total !== body.count) throw new BulkCountDiffersError(bulk.total, body.count);
      if (bulk.confirmedAt !== null) return bulk;
      if (bulk.expired) throw new BulkActionExpiredError(bulk.id);
      if (bulk.action === "retry") await assertRoomForAll(db, caller.org, bulk.id);
      const messages = Array.from({ length: bulk.total }, () => deps.newId());
      const { kind, mfaAt } = caller.credential;
      await confirmBulkAction(db, bulk, caller.actor, { kind, mfaAt }, messages);
      return requireBulk(findBulkAction(db, bulk.id));
    });
    deps.wakeWorkers();
    return view(row);
  });

  route(app, deps, api.bulkActions.get, async ({ params, query: { beyond }, tx }) => {
    const read = async () => view(await requireBulk(tx((db) => findBulkAction(db, params.bulk))));
    if (beyond === undefined) return read();
    return readUntil(
      deps,
      read,
      ({ status, progress: { ok, refused } }) => status !== "running" || ok + refused > beyond,
    );
  });

  route(app, deps, api.bulkActions.list, async ({ query, caller, tx }) => {
    const belongsTo = ["bulk-actions", caller.org];
    const after = query.cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, query.cursor) as never);
    const found = await tx((db) => listBulkActions(db, caller.org, after, query.limit + 1));
    const page = found.slice(0, query.limit);
    const last = found.length > query.limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : signCursor(deps.keyring, belongsTo, { at: last.at, id: last.id });
    return { items: page.map(view), next };
  });

  route(app, deps, api.bulkActions.items, async ({ params, query, caller, tx }) => {
    const belongsTo = ["bulk-items", caller.org, params.bulk];
    const after = query.cursor === undefined ? 0 : (readCursor(deps.keyring, belongsTo, query.cursor) as number);
    const { bulk, found } = await tx(async (db) => ({
      bulk: await requireBulk(findBulkAction(db, params.bulk)),
      found: await listBulkItems(db, params.bulk, after, query.limit + 1),
    }));
    const page = found.slice(0, query.limit);
    const last = found.length > query.limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : signCursor(deps.keyring, belongsTo, last.ordinal);
    return { items: page.map((item) => itemView(item, bulk)), next };
  });
}

/** Runs that have ended and are tried again count as live ones anew. @throws QuotaExceededError */
async function assertRoomForAll(db: Queryable, org: string, bulk: string): Promise<void> {
  const ended = await countEnded(db, bulk);
  const inAll = ended.reduce((sum, { runs }) => sum + runs, 0);
  for (const { project, runs } of ended) await assertQuotas(db, { org, project, steps: null, runs, inAll });
}

/** Looks with every news of runs until it is enough, or the caller has waited long. */
async function readUntil<T>(deps: ApiDeps, read: () => Promise<T>, isEnough: (found: T) => boolean): Promise<T> {
  const end = deps.now() + waitMs;
  for (;;) {
    const news = Promise.withResolvers<void>();
    const stop = deps.onEvents(news.resolve);
    const poll = setTimeout(news.resolve, deps.config.pollMs);
    try {
      const found = await read();
      if (isEnough(found) || deps.now() >= end) return found;
      await Promise.all([news.promise, delay(restMs)]);
    } finally {
      stop();
      clearTimeout(poll);
    }
  }
}

/** A filter that was meant to hold something and lost it must not become all runs. @throws BulkFilterEmptyError */
function assertFilter(filter: BulkFilter): void {
  if (Object.values(filter).every((value) => value === undefined)) throw new BulkFilterEmptyError();
}

/** @throws NotFoundError */
async function requireBulk(found: Promise<BulkActionRow | null>): Promise<BulkActionRow> {
  const row = await found;
  if (row === null) throw new NotFoundError();
  return row;
}

function view(row: BulkActionRow): BulkActionView {
  const { ok, refused, total, confirmedAt } = row;
  const pending = total - ok - refused;
  const waiting = row.expired ? "expired" : "frozen";
  return {
    id: row.id,
    command: BulkCommand.parse({ ...row.options, action: row.action }),
    filter: row.filter,
    count: total,
    status: confirmedAt === null ? waiting : pending > 0 ? "running" : "done",
    progress: { pending, ok, refused },
    requester: { id: row.actor, name: row.actorName },
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    confirmedAt: confirmedAt?.toISOString() ?? null,
  };
}

function itemView({ run, goal, environment, messageId, handled, outcome }: BulkItemRow, bulk: BulkActionRow): BulkItem {
  const gone = bulk.confirmedAt !== null && messageId === null;
  const error = gone ? { code: "not_found", message: "The run isn't there any more.", retryable: false } : outcome;
  const result = error !== null ? "refused" : handled ? "ok" : "pending";
  return { run, goal: goal ?? "", environment: environment ?? "", result, error };
}
