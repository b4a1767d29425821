import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "../deps.ts";
import { route } from "../http/route.ts";

export function configurationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.configuration.get, async () => deps.configuration);
}
