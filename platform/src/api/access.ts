import type { FastifyInstance, RouteOptions } from "fastify";
import { createFindCaller, requireScope } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";

/**
 * Default deny. A route without `config.access` can't be registered; every other one is refused before its body is read
 * unless the key's scopes allow it.
 */
export function guardRoutes(app: FastifyInstance, deps: Pick<ApiDeps, "pool">): void {
  const findCaller = createFindCaller(deps.pool);
  app.decorateRequest("caller", null);
  app.addHook("onRoute", (route: RouteOptions) => {
    if (route.config?.access === undefined) {
      throw new Error(`The route ${String(route.method)} ${route.url} doesn't say who may call it (config.access).`);
    }
  });
  app.addHook("onRequest", async (request) => {
    if (request.is404) return;
    const access = request.routeOptions.config.access;
    // Routes of `state-token` check a token of their own, which says more than a key; those of `hook` a signature.
    if (access === "public" || access === "state-token" || access === "hook") return;
    if (access === "metrics" && isLocal(request.socket.remoteAddress, request.headers)) return;
    request.caller = await findCaller(request.headers.authorization);
    requireScope(request.caller, access === undefined || access === "metrics" ? "admin" : access);
  });
}

/** From this very machine, and not through a proxy on it. */
function isLocal(address: string | undefined, headers: Record<string, unknown>): boolean {
  const loopback = address === "::1" || /^(::ffff:)?127\./.test(address ?? "");
  return loopback && headers["x-forwarded-for"] === undefined && headers["forwarded"] === undefined;
}
