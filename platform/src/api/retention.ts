import { api, type RetentionView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { Queryable } from "../store/organization.ts";
import {
  listHolds,
  putHold,
  putRetention,
  readPurged,
  readRetention,
  removeHold,
  removeRetention,
} from "../store/retention.ts";
import type { ApiDeps } from "./deps.ts";
import { NotFoundError } from "./errors.ts";
import { route } from "./route.ts";
import { assertRun, missingRun } from "./run-access.ts";

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

async function view({ config }: ApiDeps, db: Queryable, org: string): Promise<RetentionView> {
  const own = await readRetention(db, org);
  return {
    keepDays: own === null ? config.retention.keepDays : own.keepDays,
    own: own !== null,
    undoDays: config.retention.undoDays,
    setBy: own?.actor ?? null,
    setAt: own?.updatedAt.toISOString() ?? null,
    purged: await readPurged(db, org),
  };
}
