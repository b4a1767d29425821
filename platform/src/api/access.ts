import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import { requireScope, type Caller } from "./caller.ts";

/**
 * Default deny. A route without `config.access` can't be registered; every other one is refused before its body is read
 * unless the scopes of what the caller shows allow it.
 */
export function guardRoutes(app: FastifyInstance, findSender: (request: FastifyRequest) => Promise<Caller>): void {
  app.decorateRequest("caller", null);
  app.addHook("onRoute", (route: RouteOptions) => {
    if (route.config?.access === undefined) {
      throw new Error(`The route ${String(route.method)} ${route.url} doesn't say who may call it (config.access).`);
    }
  });
  app.addHook("onRequest", async (request) => {
    if (request.is404) return;
    const access = request.routeOptions.config.access;
    // Routes of `state-token` check a token of their own, which says more than a key; those of `hook` a signature; those of
    // `sign-in` are for people who are nobody yet, or deal with sessions themselves.
    if (access === "public" || access === "sign-in" || access === "state-token" || access === "hook") return;
    if (access === "metrics" && isLocal(request.socket.remoteAddress, request.headers)) return;
    request.caller = await findSender(request);
    requireScope(request.caller, access === undefined || access === "metrics" ? "admin" : access);
  });
}

/** From this very machine, and not through a proxy on it. */
function isLocal(address: string | undefined, headers: Record<string, unknown>): boolean {
  const loopback = address === "::1" || /^(::ffff:)?127\./.test(address ?? "");
  return loopback && headers["x-forwarded-for"] === undefined && headers["forwarded"] === undefined;
}
