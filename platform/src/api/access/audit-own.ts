import type { JsonObject } from "@gantry/sdk";
import type { FastifyRequest } from "fastify";
import { writeAudit } from "../../store/records/audit-records.ts";
import type { Queryable } from "../../store/organization.ts";
import { inTransaction } from "../../store/transaction.ts";
import { whoOf } from "../http/audit-call.ts";
import type { Caller } from "./caller.ts";
import type { ApiDeps } from "../deps.ts";

/** Sessions lie where the API's own transactions don't reach, so what changes them writes its record itself, together with the change. */
export function auditedOnSessions<T>(
  deps: Pick<ApiDeps, "authPool" | "newId">,
  { caller, request }: { caller: Caller; request: FastifyRequest },
  record: { action: string; target: Record<string, string>; details?: JsonObject },
  work: (db: Queryable) => Promise<T>,
): Promise<T> {
  return inTransaction(deps.authPool, async (db) => {
    const result = await work(db);
    await writeAudit(db, { id: deps.newId(), ...whoOf(caller, request), ...record });
    return result;
  });
}
