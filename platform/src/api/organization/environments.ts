import { api, type EnvironmentView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  findEnvironment,
  insertEnvironment,
  listEnvironments,
  updateEnvironment,
  type EnvironmentRow,
} from "../../store/organization/environments.ts";
import { removePlace } from "../../store/organization/projects.ts";
import type { ApiDeps } from "../deps.ts";
import { NameTakenError, NotFoundError } from "../errors.ts";
import { assertUnused } from "./projects.ts";
import { route } from "../http/route.ts";
import { namedTarget, requireProject } from "../http/target.ts";

export function environmentRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.environments.create, ({ body, caller, tx }) =>
    tx(async (db) => {
      const project = await requireProject(db, caller.org, body.project);
      const created = await insertEnvironment(db, { ...body, org: caller.org, project });
      if (!created) throw new NameTakenError("an environment", body.name);
      const row = await findEnvironment(db, caller.org, project, body.name);
      if (row === null) throw new NotFoundError();
      return view(row);
    }),
  );

  route(app, deps, api.environments.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listEnvironments(db, caller.org))).map(view),
    next: null,
  }));

  route(app, deps, api.environments.get, ({ params, caller, tx }) =>
    tx(async (db) => view((await namedTarget(db, caller.org, params)).environment)),
  );

  route(app, deps, api.environments.edit, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      const { project, environment } = await namedTarget(db, caller.org, params);
      const { protection = environment.protection, pool = environment.pool } = body;
      await updateEnvironment(db, { org: caller.org, project, name: environment.name, protection, pool });
      return view((await namedTarget(db, caller.org, params)).environment);
    }),
  );

  route(app, deps, api.environments.remove, ({ params, caller, tx }) =>
    tx(async (db) => {
      const { project, environment } = await namedTarget(db, caller.org, params);
      const what = `Environment ${params.project}/${environment.name}`;
      await assertUnused(db, { org: caller.org, project, environment: environment.name }, what);
      await removePlace(db, project, environment.name);
    }),
  );
}

function view({ createdAt, ...row }: EnvironmentRow): EnvironmentView {
  return { ...row, createdAt: createdAt.toISOString() };
}
