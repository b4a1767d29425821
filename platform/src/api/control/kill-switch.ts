import { api, type KillSwitchView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { activeKillSwitches, liftKillSwitch, setKillSwitch } from "../../store/control/kill-switch.ts";
import { liftEverywhere, setEverywhere } from "../../store/control/kill-switch-everywhere.ts";
import type { Queryable } from "../../store/organization.ts";
import { requireScope } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { route } from "../http/route.ts";

export function killSwitchRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.killSwitch.get, ({ tx }) => tx(killSwitchView));

  route(app, deps, api.killSwitch.set, async ({ body, caller, tx, id, demand }) => {
    const { scope, reason } = body;
    if (scope === "everywhere") {
      requireScope(caller, "admin:everywhere");
      await demand("killSwitch.everywhere");
    }
    const set = { id, reason, actor: caller.actor };
    const now = await tx(async (db) => {
      // One is enough, and the first reason is the one that people were told.
      const on = (await activeKillSwitches(db)).some(
        ({ org, restored }) => !restored && (org === null) === (scope === "everywhere"),
      );
      if (!on) await (scope === "everywhere" ? setEverywhere(db, set) : setKillSwitch(db, { ...set, org: caller.org }));
      return killSwitchView(db);
    });
    deps.log.warn({ scope, org: caller.org, actor: caller.actor.id, reason }, "A kill switch was set");
    deps.wakeWorkers();
    return now;
  });

  route(app, deps, api.killSwitch.lift, async ({ query, caller, tx, demand }) => {
    if (query.scope === "everywhere") {
      requireScope(caller, "admin:everywhere");
      await demand("killSwitch.everywhere");
    }
    const now = await tx(async (db) => {
      if (query.scope === "everywhere") await liftEverywhere(db);
      else for (const { id, org } of await activeKillSwitches(db)) if (org !== null) await liftKillSwitch(db, id);
      return killSwitchView(db);
    });
    deps.log.warn({ scope: query.scope, org: caller.org, actor: caller.actor.id }, "A kill switch was lifted");
    deps.wakeWorkers();
    return now;
  });
}

export async function killSwitchView(db: Queryable): Promise<KillSwitchView> {
  const active = (await activeKillSwitches(db)).map(({ org, reason, actor, setAt, restored }) => ({
    scope: restored ? ("restored" as const) : org === null ? ("everywhere" as const) : ("organization" as const),
    reason,
    actor,
    since: new Date(setAt).toISOString(),
  }));
  return { active };
}
