import { api } from "@gantry/sdk/api";
import type { FastifyRequest } from "fastify";
import type { Pool } from "pg";
import { readSessionBearer, readSessionCookie, type SignIn } from "../../auth/index.ts";
import { inOrganization } from "../../store/organization.ts";
import { verifyReadingToken, type Keyring } from "../../secrets/index.ts";
import type { Signer } from "../../signing/index.ts";
import { readActorFacts } from "../../store/access/actor-facts.ts";
import { callerFrom, createFindCaller, type Caller, type CallerFacts } from "./caller.ts";
import { UnauthorizedError } from "../errors.ts";
import { refuseForgery } from "../http/request-origin.ts";
import { sessionScopes } from "./session-scopes.ts";
import { readToken } from "./token.ts";
import type { UseNotes } from "./use-notes.ts";

export interface CredentialDeps {
  pool: Pool;
  signIn: Pick<SignIn, "secret" | "config" | "origins">;
  signer: Pick<Signer, "keys">;
  keyring: Keyring;
  now(): number;
  uses: UseNotes;
}

interface Elevation {
  administers: boolean;
  elevated_until: Date | null;
}

/**
 * Who sent a request: by a key, a session (the command line's in the header, a browser's in a cookie) or a short-lived token. Each
 * is one query, so what was revoked is refused at once. @throws UnauthorizedError, CsrfRefusedError
 */
export function createFindSender(deps: CredentialDeps): (request: FastifyRequest) => Promise<Caller> {
  const { pool, uses } = deps;
  const { secret, config } = deps.signIn;
  const byKey = createFindCaller(pool);

  return async (request) => {
    const caller = await find(request);
    uses.note(caller.credential);
    return caller;
  };

  async function find(request: FastifyRequest): Promise<Caller> {
    const { authorization, cookie } = request.headers;
    const wanted = request.headers["x-gantry-organization"];
    if (authorization === undefined) {
      const session = readSessionCookie(secret, cookie);
      if (session === null) throw new UnauthorizedError();
      refuseForgery(request, deps.signIn.origins());
      return bySession(session, wanted);
    }
    const session = readSessionBearer(secret, authorization);
    if (session !== null) return bySession(session, wanted);
    const token = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
    if (token === undefined) return byKey(authorization);
    return token.startsWith("gantry-reading.") ? byReadingToken(token, request) : byToken(token);
  }

  async function bySession(session: string, wanted: string | string[] | undefined): Promise<Caller> {
    const { rows } = await pool.query<CallerFacts & { id: string; mfa_at: Date | null } & Elevation>({
      name: "find-session",
      text: "SELECT f.*, e.* FROM find_session($1, $2, $3) f, session_elevation(f.id) e",
      values: [session, typeof wanted === "string" ? wanted : null, config.idleSeconds],
    });
    const row = rows[0];
    if (row === undefined) throw new UnauthorizedError();
    const { id, mfa_at: mfaAt, administers, elevated_until: elevatedUntil } = row;
    const credential = { kind: "session" as const, id, mfaAt: mfaAt?.getTime() ?? null, administers, elevatedUntil };
    return callerFrom(row, sessionScopes(row.roles, elevatedUntil !== null), credential);
  }

  async function byToken(token: string): Promise<Caller> {
    const claims = await readToken({ signer: deps.signer, now: deps.now, issuer: deps.signIn.origins().main }, token);
    if (claims === null) throw new UnauthorizedError();
    const { rows } = await pool.query<CallerFacts & { scopes: string[] | null; mfa_at: Date | null }>({
      name: "find-token",
      text: "SELECT * FROM find_token($1, $2, $3, $4)",
      values: [claims.parent.kind, claims.parent.id, claims.actor, config.idleSeconds],
    });
    const row = rows[0];
    if (row === undefined || row.org !== claims.org) throw new UnauthorizedError();
    const allowed: readonly string[] = row.scopes ?? sessionScopes(row.roles);
    const scopes = claims.scopes.filter((scope) => allowed.includes(scope));
    return callerFrom(row, scopes, {
      kind: "token",
      id: claims.id,
      parent: claims.parent,
      mfaAt: row.mfa_at?.getTime() ?? null,
    });
  }

  /** Of a run that thinks: it reads records as who asked for the run may, and does nothing else. What was taken by break-glass isn't lent. */
  async function byReadingToken(token: string, { is404, routeOptions }: FastifyRequest): Promise<Caller> {
    const grant = verifyReadingToken(deps.keyring, token, deps.now());
    const endpoint = is404 ? undefined : routeOptions.config.endpoint?.id;
    if (grant === null || endpoint === undefined || !records.has(endpoint)) throw new UnauthorizedError();
    const facts = await inOrganization(pool, grant.org, (db) => readActorFacts(db, grant.actor));
    if (facts === null || facts.org !== grant.org) throw new UnauthorizedError();
    const roles = facts.roles.filter((one) => one.breakGlass === undefined);
    return {
      ...facts,
      roles,
      person: null,
      scopes: ["read"],
      credential: { kind: "token", id: grant.run, mfaAt: null },
    };
  }
}

/** What a run that thinks may read of the platform. */
const records: ReadonlySet<string> = new Set(
  [
    api.runs.list,
    api.runs.get,
    api.runs.failure,
    api.queue.list,
    api.models.costs,
    api.states.list,
    api.audit.list,
  ].map(({ id }) => id),
);
