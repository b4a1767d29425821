import type { Actor } from "@gantry/sdk";
import type { Scope } from "@gantry/sdk/api";
import type { FastifyRequest } from "fastify";
import { loadTogether } from "../../lib/load-together.ts";
import type { Queryable } from "../../store/organization.ts";
import { bearerKey, hashApiKey } from "./api-key.ts";
import { HostKeyNeededError, ScopeMissingError, UnauthorizedError } from "../errors.ts";

/** Who calls, looked up for every request, so that revoking works at once. */
export interface Caller {
  org: string;
  actor: Actor & { kind: "user" | "service" };
  /** The human behind the actor, the same in all organizations and with all keys; null: nobody is known. */
  person: string | null;
  /** Of approvers, as policies name them: the actor's own and the names of its teams. */
  groups: readonly string[];
  /** What the actor may do and where; what each role is stands in policies. */
  roles: readonly HeldRole[];
  /** What the credential may be used for. */
  scopes: readonly string[];
  credential: Credential;
  /** Grows with every change that a decision about this caller could follow from. */
  accessVersion: string;
}

export interface HeldRole {
  role: string;
  /** Null: in all of the organization. */
  project: string | null;
  /** Null: in all of the project. */
  environment: string | null;
  /** Nobody gave it: what was opened to have it. */
  breakGlass?: string;
}

export interface Credential {
  kind: "key" | "session" | "token";
  id: string;
  /** What a token was made from. */
  parent?: { kind: "key" | "session"; id: string };
  /** Unix milliseconds of the last proof with a second factor; null: none. */
  mfaAt: number | null;
  /** Of a session: its person administers the installation. */
  administers?: boolean;
  /** Until when it acts for the installation, by a proof of its own. */
  elevatedUntil?: Date | null;
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Who may call the route; a route without it can't be registered. */
    access?: Scope | "public" | "sign-in" | "state-token" | "hook" | "mcp" | "metrics";
    /** False: answers without asking anything, so nobody needs to be kept from it. */
    counted?: boolean;
    /** Of sign-in: asked again and again until a person has acted. */
    polled?: boolean;
  }
}

/** What the database says of an actor; `find_api_keys` and the like return it. */
export interface CallerFacts {
  org: string;
  actor: string;
  actor_kind: "user" | "service";
  actor_name: string;
  person: string | null;
  actor_groups: string[];
  roles: HeldRole[];
  access_version: string;
}

/** Tells who is behind an `Authorization` header. @throws UnauthorizedError — the same for every reason. */
export type FindCaller = (authorization: string | undefined) => Promise<Caller>;

export function createFindCaller(pool: Queryable): FindCaller {
  const load = async (hashes: readonly Buffer[]) => {
    const { rows } = await pool.query<CallerFacts & { id: string; scopes: string[]; n: string }>({
      name: "find-api-keys",
      text: "SELECT * FROM find_api_keys($1::bytea[])",
      values: [hashes],
    });
    const found = new Map(rows.map((row) => [Number(row.n), row]));
    return hashes.map((_, index) => {
      const row = found.get(index + 1);
      if (row === undefined) return new UnauthorizedError();
      return callerFrom(row, row.scopes, { kind: "key", id: row.id, mfaAt: null });
    });
  };
  const find = loadTogether<Buffer, Caller>(load, { identify: (hash) => hash.toString("base64") });
  return async (authorization) => {
    const key = bearerKey(authorization);
    if (key === null) throw new UnauthorizedError();
    return find(hashApiKey(key));
  };
}

export function callerFrom(facts: CallerFacts, scopes: readonly string[], credential: Credential): Caller {
  return {
    org: facts.org,
    actor: { kind: facts.actor_kind, id: facts.actor, name: facts.actor_name },
    person: facts.person,
    groups: facts.actor_groups,
    roles: facts.roles,
    scopes,
    credential,
    accessVersion: facts.access_version,
  };
}

/** What is bound to this very session, key or token names it like this. */
export function credentialOf({ credential: { kind, id } }: Caller): string {
  return `${kind}:${id}`;
}

/** @throws ScopeMissingError */
export function requireScope(caller: Caller, scope: Scope): void {
  if (!caller.scopes.includes(scope)) throw new ScopeMissingError(scope, caller.scopes);
}

/**
 * Nobody hands out more than they have, nor what they have for some minutes only, by a key that would outlast them.
 * @throws ScopeMissingError, HostKeyNeededError
 */
export function requireToGive(caller: Caller, scopes: readonly Scope[]): void {
  for (const scope of scopes) requireScope(caller, scope);
  if (scopes.includes("admin:everywhere")) requireLasting(caller);
}

/** @throws HostKeyNeededError for whoever acts for the installation for some minutes only. */
export function requireLasting({ credential }: Caller): void {
  if (credential.kind === "session") throw new HostKeyNeededError();
}

/** The caller of a route that isn't public; the authentication hook put it there. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new UnauthorizedError();
  return request.caller;
}
