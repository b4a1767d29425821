import { api, type SessionView } from "@gantry/sdk/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { deleteOtherSessions, deleteSession, listSessions, renameSession, type SessionRow } from "../auth/index.ts";
import { inTransaction } from "../store/transaction.ts";
import { writeAudit } from "../store/audit-records.ts";
import type { Queryable } from "../store/organization.ts";
import type { Caller } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";
import { NotFoundError } from "./errors.ts";
import { route } from "./route.ts";

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
    await audited(caller, request, "sessions.revoke", { session }, async (db) => {
      if (!(await deleteSession(db, person, session))) throw new NotFoundError();
    });
  });

  route(app, deps, api.sessions.revokeOthers, async ({ caller, request }) => {
    const person = personOf(caller);
    const here = caller.credential.kind === "session" ? caller.credential.id : null;
    const ended = await audited(caller, request, "sessions.revokeOthers", { person }, (db) =>
      deleteOtherSessions(db, person, here),
    );
    return { ended };
  });

  /** Sessions lie where the API's own transactions don't reach, so these write their record themselves. */
  function audited<T>(
    caller: Caller,
    request: FastifyRequest,
    action: string,
    target: Record<string, string>,
    work: (db: Queryable) => Promise<T>,
  ): Promise<T> {
    return inTransaction(authPool, async (db) => {
      const result = await work(db);
      await writeAudit(db, {
        id: deps.newId(),
        org: caller.org,
        actor: { ...caller.actor, ...(caller.person === null ? {} : { person: caller.person }) },
        action,
        target,
        source: { address: request.ip, userAgent: request.headers["user-agent"] ?? "" },
        requestId: request.id,
      });
      return result;
    });
  }
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
