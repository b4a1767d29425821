import { api, type SessionView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { deleteOtherSessions, deleteSession, listSessions, renameSession, type SessionRow } from "../../auth/index.ts";
import { auditedOnSessions } from "./audit-own.ts";
import type { Caller } from "./caller.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";

/** A person's own sessions. Whoever isn't a person, such as a service account, has none. */
export function sessionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { authPool, signIn } = deps;

  route(app, deps, api.sessions.list, async ({ caller }) => {
    if (caller.person === null) return { items: [], next: null };
    const rows = await listSessions(authPool, caller.person, signIn.config.idleSeconds);
    return { items: rows.map((row) => view(row, caller)), next: null };
  });

  route(app, deps, api.sessions.rename, async ({ params: { session }, body, caller }) => {
    const row = await renameSession(authPool, { person: personOf(caller), session, name: body.name });
    if (row === null) throw new NotFoundError();
    return view(row, caller);
  });

  route(app, deps, api.sessions.revoke, async ({ params: { session }, caller, request }) => {
    const person = personOf(caller);
    const record = { action: "sessions.revoke", target: { session } };
    await auditedOnSessions(deps, { caller, request }, record, async (db) => {
      if (!(await deleteSession(db, person, session))) throw new NotFoundError();
    });
  });

  route(app, deps, api.sessions.revokeOthers, async ({ caller, request }) => {
    const person = personOf(caller);
    const here = caller.credential.kind === "session" ? caller.credential.id : null;
    const record = { action: "sessions.revokeOthers", target: { person } };
    const ended = await auditedOnSessions(deps, { caller, request }, record, (db) =>
      deleteOtherSessions(db, person, here),
    );
    return { ended };
  });
}

/** @throws NotFoundError */
function personOf({ person }: Caller): string {
  if (person === null) throw new NotFoundError();
  return person;
}

function view(row: SessionRow, { credential }: Caller): SessionView {
  const { id, name, userAgent, address, createdAt, lastSeenAt, expiresAt, mfaAt } = row;
  return {
    id,
    name,
    userAgent,
    address,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastSeenAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    mfaAt: mfaAt?.toISOString() ?? null,
    current: id === credential.id,
  };
}
