import type { Actor } from "@gantry/sdk";
import type { Scope } from "@gantry/sdk/api";
import type { FastifyRequest } from "fastify";
import type { Queryable } from "../store/organization.ts";
import { bearerKey, hashApiKey } from "./api-key.ts";
import { ScopeMissingError, UnauthorizedError } from "./errors.ts";

/** Who calls: what its key says, looked up for every request, so that revoking works at once. */
export interface Caller {
  org: string;
  actor: Actor & { kind: "user" | "service" };
  groups: readonly string[];
  scopes: readonly string[];
  key: string;
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Who may call the route; a route without it can't be registered. */
    access?: Scope | "public" | "state-token" | "hook" | "metrics";
  }
}

/** @throws UnauthorizedError — the same for every reason. */
export async function findCaller(pool: Queryable, authorization: string | undefined): Promise<Caller> {
  const key = bearerKey(authorization);
  if (key === null) throw new UnauthorizedError();
  const { rows } = await pool.query<{
    id: string;
    org: string;
    actor: string;
    actor_kind: "user" | "service";
    actor_name: string;
    actor_groups: string[];
    scopes: string[];
  }>({ name: "find-api-key", text: "SELECT * FROM find_api_key($1)", values: [hashApiKey(key)] });
  const row = rows[0];
  if (row === undefined) throw new UnauthorizedError();
  return {
    org: row.org,
    actor: { kind: row.actor_kind, id: row.actor, name: row.actor_name },
    groups: row.actor_groups,
    scopes: row.scopes,
    key: row.id,
  };
}

/** @throws ScopeMissingError */
export function requireScope(caller: Caller, scope: Scope): void {
  if (!caller.scopes.includes(scope)) throw new ScopeMissingError(scope, caller.scopes);
}

/** The caller of a route that isn't public; the authentication hook put it there. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new UnauthorizedError();
  return request.caller;
}
