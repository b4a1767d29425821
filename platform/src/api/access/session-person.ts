import type { FastifyRequest } from "fastify";
import { readSessionCookie } from "../../auth/index.ts";
import type { ApiDeps } from "../deps.ts";

export type AuthDeps = Pick<ApiDeps, "signIn" | "pool" | "authPool" | "newId">;

export interface AuthQuestion {
  method: "GET" | "POST";
  /** Below the prefix, with its query. */
  path: string;
  body?: object;
}

/** Who a session belongs to, whatever the organization. */
export interface SessionPerson {
  id: string;
  person: string;
  email: string;
  name: string;
  mfaAt: Date | null;
}

/** Of the browser's cookie; null: nobody is signed in, or hasn't been there for too long. */
export async function sessionPerson(
  { signIn, pool }: AuthDeps,
  request: FastifyRequest,
): Promise<SessionPerson | null> {
  const token = readSessionCookie(signIn.secret, request.headers.cookie);
  if (token === null) return null;
  const { rows } = await pool.query<SessionPerson>({
    name: "find-session-person",
    text: `SELECT id, person, email, name, mfa_at AS "mfaAt" FROM find_session_person($1, $2)`,
    values: [token, signIn.config.idleSeconds],
  });
  return rows[0] ?? null;
}
