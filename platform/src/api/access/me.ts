import { api, type Scope } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { openBreakGlassOf } from "../../store/access/break-glass.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";

export function meRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.me.get, async ({ caller, tx }) => {
    const { rows } = await tx((db) =>
      db.query<{ id: string; name: string }>("SELECT org AS id, name FROM organizations WHERE org = $1", [caller.org]),
    );
    const organization = rows[0];
    if (organization === undefined) throw new NotFoundError();
    const actor = { ...caller.actor, groups: [...caller.groups] };
    const { kind, id, mfaAt, administers = false, elevatedUntil = null } = caller.credential;
    const credential = { kind, id, mfaAt: mfaAt === null ? null : new Date(mfaAt).toISOString() };
    const held = caller.roles.some((one) => one.breakGlass !== undefined)
      ? await tx((db) => openBreakGlassOf(db, caller.org, caller.actor.id))
      : [];
    const breakGlass = held.map(({ id: of, role, projectName: project, environment, expiresAt }) => ({
      id: of,
      role,
      project,
      environment,
      expiresAt: expiresAt.toISOString(),
    }));
    const installation = { administers, until: elevatedUntil?.toISOString() ?? null };
    const { person, scopes } = caller;
    return { organization, actor, person, credential, scopes: scopes as Scope[], installation, breakGlass };
  });
}
