import { api, type EnvironmentView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { findEnvironment, insertEnvironment, listEnvironments, type EnvironmentRow } from "../store/environments.ts";
import type { ApiDeps } from "./deps.ts";
import { NameTakenError, NotFoundError } from "./errors.ts";
import { route } from "./route.ts";
import { requireProject } from "./target.ts";

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
}

function view({ createdAt, ...row }: EnvironmentRow): EnvironmentView {
  return { ...row, createdAt: createdAt.toISOString() };
}
