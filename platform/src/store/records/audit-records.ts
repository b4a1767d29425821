import { GantryError, type Fault, type JsonObject } from "@gantry/sdk";
import pg, { type ClientBase, type QueryResult } from "pg";
import type { Queryable } from "../queryable.ts";

/** Who did what, on what, for whom, why, from where, and whether it was allowed. Never a body, never a secret. */
export interface AuditRecord {
  id: string;
  /** Null: of the installation itself, such as who couldn't sign in. */
  org: string | null;
  actor: { kind: "user" | "service" | "platform" | "unknown"; id: string; name: string; person?: string };
  /** For whom a program or the platform acted. */
  onBehalfOf?: { kind: string; id: string; name: string } | null;
  /** `resource.verb`: the endpoint's id where there is one. */
  action: string;
  /** Ids and names of what it was done to. */
  target: JsonObject;
  reason?: string | null;
  /** `allowed` unless told. */
  result?: "allowed" | "denied" | "failed";
  details?: JsonObject | null;
  /** Address, user agent, credential (its kind and id). */
  source?: JsonObject | null;
  requestId?: string | null;
}

/** What isn't written down isn't done: the change was rolled back. */
export class AuditUnavailableError extends GantryError {
  readonly code = "audit_unavailable";
  override readonly fault: Fault = "operational";
  override readonly retryable = true;
  constructor(cause: unknown) {
    super(
      "It couldn't be recorded in the audit trail, so nothing was changed. Whoever operates the installation must mend that.",
      {
        cause,
      },
    );
  }
}

const columns = "id, org, actor, on_behalf_of, action, target, reason, result, details, source, request_id";
const types = ["uuid", "uuid", "json", "json", "text", "json", "text", "text", "json", "json", "text"] as const;

/**
 * Writes a record in the transaction of what it records, so that there is neither without the other.
 * @throws AuditUnavailableError
 */
export async function writeAudit(db: Queryable, record: AuditRecord): Promise<void> {
  const places = types.map((_, index) => `$${index + 1}`).join(", ");
  await db
    .query({
      name: "write-audit",
      text: `INSERT INTO audit_records (${columns}) VALUES (${places})`,
      values: valuesOf(record),
    })
    .catch(refuse);
}

/**
 * Ends a transaction with the record of what it did, if it did anything: one message to the server, as a plain COMMIT would be.
 * @returns whether there was anything.
 * @throws AuditUnavailableError, and then the transaction isn't committed.
 */
export async function commitAudited(client: ClientBase, record: AuditRecord): Promise<boolean> {
  // Planning the statement takes longer than carrying it out, and a message of two statements takes no parameters.
  if (!prepared.has(client)) {
    const places = types.map((_, index) => `$${index + 1}`).join(", ");
    await client
      .query(
        `PREPARE commit_audited (${types.join(", ")}) AS INSERT INTO audit_records (${columns})
           SELECT ${places} WHERE pg_current_xact_id_if_assigned() IS NOT NULL`,
      )
      .catch(refuse);
    prepared.add(client);
  }
  const values = valuesOf(record).map((value) => (value === null ? "NULL" : pg.escapeLiteral(value)));
  const results = await client.query(`EXECUTE commit_audited (${values.join(", ")}); COMMIT`).catch(refuse);
  return ((results as unknown as QueryResult[])[0]?.rowCount ?? 0) > 0;
}

/** Connections that know the statement. */
const prepared = new WeakSet<ClientBase>();

function valuesOf(record: AuditRecord): (string | null)[] {
  const { id, org, actor, onBehalfOf, action, target, reason, result, details, source, requestId } = record;
  const json = (value: object | null | undefined) => (value ? JSON.stringify(value, readable) : null);
  return [
    id,
    org,
    json(actor),
    json(onBehalfOf),
    action,
    json(target),
    reason === undefined || reason === null ? null : readable("", reason),
    result ?? "allowed",
    json(details),
    json(source),
    requestId ?? null,
  ];
}

/** Postgres can't take texts with a zero or half a character out of what is stored, and who searches the trail would get an error. */
function readable<T>(_key: string, value: T): T | string {
  return typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\u2400") : value;
}

/** Only what the table itself refuses: a lost connection is what it is. */
function refuse(error: unknown): never {
  if (error instanceof pg.DatabaseError && /\baudit_records\b/.test(error.message))
    throw new AuditUnavailableError(error);
  throw error;
}
