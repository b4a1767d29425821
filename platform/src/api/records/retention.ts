import { api, type RetentionKind, type RetentionKindView, type RetentionView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { kindRules, retentionKinds } from "../../domain/retention-kinds.ts";
import type { Queryable } from "../../store/organization.ts";
import { countOld, putKindRule, readKindRules, removeKindRule } from "../../store/records/retention-kinds.ts";
import {
  listHolds,
  putHold,
  putRetention,
  readPurged,
  readRetention,
  removeHold,
  removeRetention,
} from "../../store/records/retention.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError, RetentionTooShortError } from "../errors.ts";
import { route } from "../http/route.ts";
import { assertRun, missingRun } from "../runs/run-access.ts";

/** How long ended runs are kept, and which are kept whatever that says. */
export function retentionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.retention.get, ({ caller, tx }) => tx((db) => view(deps, db, caller.org)));

  route(app, deps, api.retention.set, async ({ body: { keepDays }, caller, tx }) => {
    const { org, actor } = caller;
    const changed = await tx(async (db) => {
      if (keepDays === "default") await removeRetention(db, org);
      else await putRetention(db, { org, keepDays: keepDays === "never" ? null : keepDays, actor });
      return view(deps, db, org);
    });
    deps.log.warn({ org, actor: actor.id, keepDays }, "Retention was set");
    return changed;
  });

  route(app, deps, api.retention.setKind, async ({ params: { kind }, body: { keepDays }, caller, tx }) => {
    const { org, actor } = caller;
    const { minimumDays } = kindRules[kind];
    if (typeof keepDays === "number" && keepDays < minimumDays) throw new RetentionTooShortError(kind, minimumDays);
    const changed = await tx(async (db) => {
      if (keepDays === "default") await removeKindRule(db, org, kind);
      else await putKindRule(db, { org, kind, keepDays: keepDays === "never" ? null : keepDays, actor });
      return (await kindViews(db, org)).find((one) => one.kind === kind);
    });
    if (changed === undefined) throw new NotFoundError();
    deps.log.warn({ org, actor: actor.id, kind, keepDays }, "Retention was set");
    return changed;
  });

  route(app, deps, api.retention.preview, ({ query, caller, tx }) =>
    tx(async (db) => {
      const { keepDays: runs, kinds } = await view(deps, db, caller.org);
      const inForce = [{ kind: "runs" as const, keepDays: runs }, ...kinds];
      const wanted = inForce.filter(({ kind }) => query.kind === undefined || kind === query.kind);
      const items = [];
      for (const { kind, keepDays: days } of wanted) {
        const keepDays = query.keepDays === undefined || query.kind === undefined ? days : query.keepDays;
        const found = keepDays === null ? 0 : await countOld(db, { org: caller.org, kind, keepDays }, mostCounted + 1);
        items.push({ kind, keepDays, count: Math.min(found, mostCounted), more: found > mostCounted });
      }
      return { items };
    }),
  );

  route(app, deps, api.holds.list, async ({ caller, tx }) => {
    const rows = await tx((db) => listHolds(db, caller.org));
    return { items: rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() })), next: null };
  });

  route(app, deps, api.holds.put, async ({ params, body, caller, tx }) => {
    const { run } = params;
    await tx(async (db) => {
      // Waits for a purge that has the run in hand right now, and then says so.
      const held = await putHold(db, { run, reason: body.reason, actor: caller.actor });
      if (!held) throw await missingRun(db, run);
    });
    deps.log.warn({ org: caller.org, actor: caller.actor.id, run, reason: body.reason }, "A run is held");
  });

  route(app, deps, api.holds.remove, async ({ params, caller, tx }) => {
    const { run } = params;
    await tx(async (db) => {
      await assertRun(db, run);
      if (!(await removeHold(db, run))) throw new NotFoundError();
    });
    deps.log.warn({ org: caller.org, actor: caller.actor.id, run }, "The hold of a run was ended");
  });
}

/** A preview looks no further. */
const mostCounted = 100_000;

async function kindViews(db: Queryable, org: string): Promise<RetentionKindView[]> {
  const own = new Map((await readKindRules(db, org)).map((rule) => [rule.kind, rule]));
  return retentionKinds.map((kind: RetentionKind) => {
    const rule = own.get(kind);
    const { defaultDays, minimumDays } = kindRules[kind];
    return {
      kind,
      keepDays: rule === undefined ? defaultDays : rule.keepDays,
      own: rule !== undefined,
      minimumDays,
      setBy: rule?.actor ?? null,
      setAt: rule?.updatedAt.toISOString() ?? null,
    };
  });
}

async function view({ config }: ApiDeps, db: Queryable, org: string): Promise<RetentionView> {
  const own = await readRetention(db, org);
  return {
    keepDays: own === null ? config.retention.keepDays : own.keepDays,
    own: own !== null,
    undoDays: config.retention.undoDays,
    setBy: own?.actor ?? null,
    setAt: own?.updatedAt.toISOString() ?? null,
    purged: await readPurged(db, org),
    kinds: await kindViews(db, org),
  };
}
