import { api, type RoleBindingView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { findActor } from "../../store/access/actors.ts";
import type { Queryable } from "../../store/organization.ts";
import {
  deleteBinding,
  findBinding,
  listBindings,
  putBinding,
  type NewBinding,
  type RoleBindingRow,
} from "../../store/access/role-bindings.ts";
import { findTeam } from "../../store/access/teams.ts";
import type { ApiDeps } from "../deps.ts";
import { ActorUnknownError, InvalidRequestError, NotFoundError } from "../errors.ts";
import { assertMayGive, keepingAnOwner } from "./grant-rules.ts";
import { placeOf } from "../http/place.ts";
import { route } from "../http/route.ts";
import { TeamUnknownError } from "../organization/tenancy-errors.ts";

export function roleRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.roles.grant, ({ body, caller, tx, id }) =>
    tx(async (db) => {
      const at = await placeOf(db, caller.org, body, "body");
      const whom = await holderOf(db, caller.org, body);
      const wanted = { role: body.role, project: at.project, environment: at.environment };
      assertMayGive(caller, wanted);
      const expiresAt = body.expiresAt === null ? null : new Date(body.expiresAt);
      const binding = { ...wanted, ...whom, org: caller.org, id, grantedBy: caller.actor.id, expiresAt };
      // An owner for good may become one for some time.
      const stored = await keepingAnOwner(db, caller.org, () => putBinding(db, binding));
      const row = await findBinding(db, caller.org, stored);
      if (row === null) throw new NotFoundError();
      return view(row);
    }),
  );

  route(app, deps, api.roles.list, async ({ query, caller, tx }) => ({
    items: (await tx((db) => listBindings(db, caller.org, query.actor))).map(view),
    next: null,
  }));

  route(app, deps, api.roles.revoke, ({ params, caller, tx }) =>
    tx(async (db) => {
      const row = await findBinding(db, caller.org, params.binding);
      if (row === null) throw new NotFoundError();
      assertMayGive(caller, row);
      await keepingAnOwner(db, caller.org, () => deleteBinding(db, caller.org, row.id));
    }),
  );
}

/** @throws InvalidRequestError, ActorUnknownError, TeamUnknownError */
async function holderOf(
  db: Queryable,
  org: string,
  { actor, team }: { actor?: string | undefined; team?: string | undefined },
): Promise<Pick<NewBinding, "actor" | "team">> {
  if ((actor === undefined) === (team === undefined))
    throw new InvalidRequestError([{ path: "actor", message: "name an actor or a team, one of the two" }]);
  if (team !== undefined) {
    const found = await findTeam(db, org, team);
    if (found === null) throw new TeamUnknownError(team);
    return { actor: null, team: found.id };
  }
  const found = await findActor(db, actor ?? "");
  if (found === null || found.disabledAt !== null) throw new ActorUnknownError(actor ?? "");
  return { actor: found.id, team: null };
}

function view(row: RoleBindingRow): RoleBindingView {
  const who = (id: string | null, name: string | null) => (id === null || name === null ? null : { id, name });
  return {
    id: row.id,
    role: row.role,
    actor: who(row.actor, row.actorName),
    team: who(row.team, row.teamName),
    project: row.projectName,
    environment: row.environment,
    grantedBy: who(row.grantedBy, row.grantedByName),
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}
