import { api, type TeamView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { findActor } from "../../store/access/actors.ts";
import type { Queryable } from "../../store/organization.ts";
import { bindingsOfTeam } from "../../store/access/role-bindings.ts";
import {
  addMember,
  deleteTeam,
  findTeam,
  insertTeam,
  listTeams,
  removeMember,
  updateTeam,
  type TeamRow,
} from "../../store/access/teams.ts";
import type { Caller } from "./caller.ts";
import type { ApiDeps } from "../deps.ts";
import { ActorUnknownError, NameTakenError, NotFoundError } from "../errors.ts";
import { assertMayGive, keepingAnOwner } from "./grant-rules.ts";
import { route } from "../http/route.ts";

/** People together: who joins a team gets its roles, so joining is as hard as being given them. */
export function teamRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.teams.create, ({ body, caller, tx, id }) =>
    tx(async (db) => {
      if (!(await insertTeam(db, { org: caller.org, id, ...body }))) throw new NameTakenError("a team", body.name);
      return view(await required(db, caller.org, body.name));
    }),
  );

  route(app, deps, api.teams.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listTeams(db, caller.org))).map(view),
    next: null,
  }));

  route(app, deps, api.teams.get, ({ params, caller, tx }) =>
    tx(async (db) => view(await required(db, caller.org, params.team))),
  );

  route(app, deps, api.teams.edit, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      const { id } = await managed(db, caller, params.team);
      const { name, description } = body;
      if (!(await updateTeam(db, { org: caller.org, id, name, description })))
        throw new NameTakenError("a team", name ?? params.team);
      return view(await required(db, caller.org, name ?? params.team));
    }),
  );

  route(app, deps, api.teams.remove, ({ params, caller, tx }) =>
    tx(async (db) => {
      const { id } = await managed(db, caller, params.team);
      await keepingAnOwner(db, caller.org, () => deleteTeam(db, caller.org, id));
    }),
  );

  route(app, deps, api.teams.addMember, ({ params, caller, tx }) =>
    tx(async (db) => {
      const { id } = await managed(db, caller, params.team);
      const actor = await findActor(db, params.actor);
      if (actor === null || actor.disabledAt !== null) throw new ActorUnknownError(params.actor);
      await addMember(db, { org: caller.org, team: id, actor: actor.id });
      return view(await required(db, caller.org, params.team));
    }),
  );

  route(app, deps, api.teams.removeMember, ({ params, caller, tx }) =>
    tx(async (db) => {
      const { id } = await managed(db, caller, params.team);
      const member = { org: caller.org, team: id, actor: params.actor };
      if (!(await keepingAnOwner(db, caller.org, () => removeMember(db, member)))) throw new NotFoundError();
      return view(await required(db, caller.org, params.team));
    }),
  );
}

/** A team whose roles the caller may give and take. @throws NotFoundError, RoleBeyondOwnError */
async function managed(db: Queryable, caller: Caller, name: string): Promise<TeamRow> {
  const team = await required(db, caller.org, name);
  for (const held of await bindingsOfTeam(db, caller.org, team.id)) assertMayGive(caller, held);
  return team;
}

async function required(db: Queryable, org: string, name: string): Promise<TeamRow> {
  const team = await findTeam(db, org, name);
  if (team === null) throw new NotFoundError();
  return team;
}

function view({ createdAt, ...row }: TeamRow): TeamView {
  return { ...row, createdAt: createdAt.toISOString() };
}
