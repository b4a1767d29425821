import { api, type FreezeTimes, type FreezeView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  endFreeze,
  insertFreeze,
  listFreezes,
  nextWindows,
  overrideFreeze,
  type FreezeRow,
  type FreezeWindow,
} from "../../store/control/freezes.ts";
import { databaseTime } from "../../store/plans/triggers.ts";
import { windowsOf } from "../../triggers/index.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError, NotFoundError, RunNotFrozenError } from "../errors.ts";
import { route } from "../http/route.ts";
import { assertRun } from "../runs/run-access.ts";
import { command } from "../runs/run-commands.ts";
import { requireProject, requireTarget } from "../http/target.ts";

export function freezeRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.freezes.create, async ({ body, caller, tx, id }) => {
    const { environment = null, reason, times } = body;
    if (environment !== null && body.project === undefined) {
      throw new InvalidRequestError([{ path: "project", message: "an environment needs its project" }]);
    }
    const created = await tx(async (db) => {
      const now = await databaseTime(db);
      const project = body.project === undefined ? null : await requireProject(db, caller.org, body.project);
      if (environment !== null) await requireTarget(db, caller.org, { project: body.project ?? "", environment });
      const actor = caller.actor;
      const freeze = { id, org: caller.org, project, environment, reason, actor, ...columnsOf(times) };
      await insertFreeze(db, freeze, windowsOf(times, now));
      const row = (await listFreezes(db, caller.org)).find((one) => one.id === id);
      if (row === undefined) throw new NotFoundError();
      return view(row, (await nextWindows(db, [id])).get(id), now);
    });
    deps.log.warn({ org: caller.org, actor: caller.actor.id, freeze: id, reason }, "A freeze was set");
    deps.wakeWorkers();
    return created;
  });

  route(app, deps, api.freezes.list, ({ caller, tx }) =>
    tx(async (db) => {
      const rows = await listFreezes(db, caller.org);
      const windows = await nextWindows(
        db,
        rows.map(({ id }) => id),
      );
      const now = await databaseTime(db);
      return { items: rows.map((row) => view(row, windows.get(row.id), now)), next: null };
    }),
  );

  route(app, deps, api.freezes.end, async ({ params, caller, tx }) => {
    if (!(await tx((db) => endFreeze(db, params.freeze)))) throw new NotFoundError();
    deps.log.warn({ org: caller.org, actor: caller.actor.id, freeze: params.freeze }, "A freeze was ended");
    deps.wakeWorkers();
  });

  // The row lets the run's next attempt through; the message puts who did it, and why, into its history.
  route(app, deps, api.freezes.override, (call) =>
    command(deps, call, async (db) => {
      const { run } = call.params;
      await assertRun(db, run);
      const { reason } = call.body;
      const done = await overrideFreeze(db, { run, reason, actor: call.caller.actor });
      if (done === null) throw new RunNotFrozenError(run);
      return { kind: "override_freeze", reason, until: done.until?.getTime() ?? null };
    }),
  );
}

function columnsOf(times: FreezeTimes): Pick<FreezeRow, "startsAt" | "endsAt" | "cron" | "timeZone" | "durationMs"> {
  if (times.kind === "recurring") {
    const { cron, timeZone, durationMs } = times;
    return { startsAt: null, endsAt: null, cron, timeZone, durationMs };
  }
  const endsAt = times.until === null ? null : new Date(times.until);
  return { startsAt: new Date(times.from), endsAt, cron: null, timeZone: null, durationMs: null };
}

function view(row: FreezeRow, window: FreezeWindow | undefined, now: number): FreezeView {
  const { id, projectName, environment, reason, actor, createdAt } = row;
  return {
    id,
    project: projectName,
    environment,
    reason,
    actor,
    times: timesOf(row),
    createdAt: createdAt.toISOString(),
    window:
      window === undefined
        ? null
        : {
            from: new Date(window.from).toISOString(),
            until: window.to === null ? null : new Date(window.to).toISOString(),
            open: window.from <= now,
          },
  };
}

function timesOf({ startsAt, endsAt, cron, timeZone, durationMs, createdAt }: FreezeRow): FreezeTimes {
  if (cron !== null) return { kind: "recurring", cron, timeZone: timeZone ?? "UTC", durationMs: durationMs ?? 0 };
  return { kind: "once", from: (startsAt ?? createdAt).toISOString(), until: endsAt?.toISOString() ?? null };
}
