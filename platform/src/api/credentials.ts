import type { FastifyRequest } from "fastify";
import { readSessionBearer, readSessionCookie, type SignIn } from "../auth/index.ts";
import type { Queryable } from "../store/organization.ts";
import type { Signer } from "../signing/index.ts";
import { callerFrom, createFindCaller, type Caller, type CallerFacts } from "./caller.ts";
import { UnauthorizedError } from "./errors.ts";
import { refuseForgery } from "./request-origin.ts";
import { sessionScopes } from "./session-scopes.ts";
import { readToken } from "./token.ts";
import type { UseNotes } from "./use-notes.ts";

export interface CredentialDeps {
  pool: Queryable;
  signIn: Pick<SignIn, "secret" | "config" | "origins">;
  signer: Pick<Signer, "keys">;
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
    return token === undefined ? byKey(authorization) : byToken(token);
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
}
