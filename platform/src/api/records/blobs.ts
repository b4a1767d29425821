import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "../deps.ts";
import { route } from "../http/route.ts";

export function blobRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.blobs.get, () => deps.blobPlace.inspect());
  route(app, deps, api.blobs.move, () => deps.blobPlace.move());
  route(app, deps, api.blobs.setLifecycle, async ({ caller }) => {
    const view = await deps.blobPlace.setLifecycle();
    deps.log.warn({ actor: caller.actor.id, place: view.place }, "The bucket's lifecycle rule was set");
    return view;
  });
}
