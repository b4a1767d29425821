import { api, type DatabaseView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "../deps.ts";
import { DatabaseUnavailableError } from "../errors.ts";
import { route } from "../http/route.ts";

export function databaseRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.database.get, () => inspectDatabase(deps));
}

/** @throws DatabaseUnavailableError */
export async function inspectDatabase(deps: Pick<ApiDeps, "inspectDatabase">): Promise<DatabaseView> {
  try {
    return await deps.inspectDatabase();
  } catch (cause) {
    // What the inspection says names the server's address, which is for the log only.
    throw new DatabaseUnavailableError(cause);
  }
}
