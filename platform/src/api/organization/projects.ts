import { api, type ProjectView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  findProjectRow,
  insertProject,
  listProjects,
  removePlace,
  renameProject,
  usesOfPlace,
  type ProjectRow,
} from "../../store/organization/projects.ts";
import type { Queryable } from "../../store/organization.ts";
import { assertRoom } from "../../store/control/quotas.ts";
import type { ApiDeps } from "../deps.ts";
import { NameTakenError, NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";
import { namedProject } from "../http/target.ts";
import { PlaceInUseError } from "./tenancy-errors.ts";

export function projectRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.projects.create, ({ body, caller, tx, id }) =>
    tx(async (db) => {
      await assertRoom(db, caller.org, "projects");
      if (!(await insertProject(db, { org: caller.org, id, name: body.name })))
        throw new NameTakenError("a project", body.name);
      return required(db, caller.org, id);
    }),
  );

  route(app, deps, api.projects.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listProjects(db, caller.org))).map(view),
    next: null,
  }));

  route(app, deps, api.projects.get, ({ params, caller, tx }) =>
    tx(async (db) => required(db, caller.org, await namedProject(db, caller.org, params.project))),
  );

  route(app, deps, api.projects.rename, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      const id = await namedProject(db, caller.org, params.project);
      if (!(await renameProject(db, { org: caller.org, id, name: body.name })))
        throw new NameTakenError("a project", body.name);
      return required(db, caller.org, id);
    }),
  );

  route(app, deps, api.projects.remove, ({ params, caller, tx }) =>
    tx(async (db) => {
      const project = await namedProject(db, caller.org, params.project);
      await assertUnused(db, { org: caller.org, project, environment: null }, `Project ${params.project}`);
      await removePlace(db, project, null);
    }),
  );
}

/** @throws PlaceInUseError */
export async function assertUnused(
  db: Queryable,
  at: { org: string; project: string; environment: string | null },
  what: string,
): Promise<void> {
  const uses = await usesOfPlace(db, at);
  if (uses.runs + uses.states === 0) return;
  const cure = "Let the runs end or cancel them; destroy what the states know of, and delete them.";
  throw new PlaceInUseError(what, uses, cure);
}

async function required(db: Queryable, org: string, id: string): Promise<ProjectView> {
  const row = await findProjectRow(db, org, id);
  if (row === null) throw new NotFoundError();
  return view(row);
}

function view({ createdAt, ...row }: ProjectRow): ProjectView {
  return { ...row, createdAt: createdAt.toISOString() };
}
