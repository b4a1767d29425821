import type { AnswerOf, Endpoint } from "@gantry/sdk/api";
import { apiPrefix } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { ClientBase } from "pg";
import type { z } from "zod";
import { inPlaces } from "../../store/organization.ts";
import { placesOf, type Granted } from "../access/access.ts";
import { auditedTransactions } from "./audit-call.ts";
import { callerOf } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import type { Call, RouteOptions } from "./call.ts";
import { onceOnly } from "./idempotency.ts";
import { parsePart } from "./parse.ts";

export type { Call } from "./call.ts";

/** JSON to answer with, or `sent` when the handler has written the answer itself. */
export type Handler<E extends Endpoint> = (call: Call<E>) => Promise<z.input<AnswerOf<E>> | typeof sent>;
export const sent = Symbol("the answer was sent");

/** Registers an endpoint of the contract. */
export function route<E extends Endpoint>(
  app: FastifyInstance,
  deps: ApiDeps,
  endpoint: E,
  handler: Handler<E>,
  options: RouteOptions = {},
): void {
  app.route({
    method: endpoint.method,
    url: apiPrefix + endpoint.path,
    config: { access: endpoint.scope, endpoint },
    handler: async (request, reply) => {
      const caller = callerOf(request);
      const address = {
        params: parsePart(endpoint.params, request.params, "path"),
        query: parsePart(endpoint.query, request.query, "query"),
      };
      const { access } = app;
      const early = !isAboutBody(endpoint);
      const under = new Set(early ? await access.check(caller, endpoint, address) : []);
      const body = parsePart(endpoint.body, request.body ?? {}, "");
      if (!early) note(under, await access.check(caller, endpoint, { ...address, body }));
      const places = endpoint.scope === "read" ? placesOf(caller) : null;
      const call = {
        ...address,
        body,
        caller,
        request,
        reply,
        tx: <T>(work: (tx: ClientBase) => Promise<T>) => inPlaces(deps.pool, { org: caller.org, places }, work),
        demand: async (action: string, place?: object) => note(under, await access.demand(caller, action, place)),
        id: deps.newId(),
      } as unknown as Call<E>;
      const work = async (id: string) => {
        // What only reads has nothing to record.
        const tx = endpoint.method === "GET" ? call.tx : auditedTransactions(deps, endpoint, { ...call, id, under });
        const answer = await handler({ ...call, tx, id });
        return { status: reply.statusCode === 200 ? (endpoint.status ?? 200) : reply.statusCode, answer };
      };
      const { status, answer } =
        endpoint.method === "POST" ? await onceOnly(deps, call, endpoint, work, options) : await work(call.id);
      if (answer === sent) return reply;
      return reply.code(status).send(status === 204 ? undefined : answer);
    },
  });
}

function note(under: Set<string>, granted: Granted): void {
  for (const one of granted) under.add(one);
}

/** Where its subject lies is only known from what it is sent. */
function isAboutBody({ resource }: Endpoint): boolean {
  return resource?.kind === "place" && resource.in.startsWith("body");
}

declare module "fastify" {
  interface FastifyContextConfig {
    endpoint?: Endpoint;
  }
}
