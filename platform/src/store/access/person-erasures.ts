import type { Json, JsonObject } from "@gantry/sdk";
import { noOrganization } from "../organization.ts";
import type { Queryable } from "../queryable.ts";

/** @returns false when there is nobody such. @throws an error of code `lastOwnerCode` */
export async function beginPersonErasure(
  db: Queryable,
  erasure: {
    id: string;
    /** Null: `wanted` is a person; else an actor of that organization. */
    org: string | null;
    wanted: string;
    tokenHash: Buffer;
    askedBy: { kind: string; id: string };
  },
): Promise<boolean> {
  const { id, org, wanted, tokenHash, askedBy } = erasure;
  const { rows } = await db.query<{ begun: boolean }>("SELECT begin_person_erasure($1, $2, $3, $4, $5) AS begun", [
    id,
    org,
    wanted,
    tokenHash,
    JSON.stringify(askedBy),
  ]);
  return rows[0]?.begun === true;
}

export const lastOwnerCode = "GP001";

export interface PersonReceiptRow {
  id: string;
  organization: string | null;
  pseudonym: string;
  askedBy: { kind: string; id: string };
  startedAt: Date;
  erasedAt: Date | null;
  counts: Record<string, number>;
  kept: Record<string, number>;
  receipt: string | null;
  signature: string | null;
}

export async function findPersonReceipts(
  db: Queryable,
  by: { tokenHash: Buffer } | { org: string; everywhere: boolean },
): Promise<PersonReceiptRow[]> {
  const values = "tokenHash" in by ? [by.tokenHash, null, false] : [null, by.org, by.everywhere];
  const { rows } = await db.query<PersonReceiptRow>(
    `SELECT id, organization, pseudonym, asked_by AS "askedBy", started_at AS "startedAt", erased_at AS "erasedAt", counts, kept,
       receipt, signature FROM find_person_receipts($1, $2, $3)`,
    values,
  );
  return rows;
}

export interface OpenPersonErasure {
  id: string;
  organization: string | null;
  pseudonym: string;
  person: string | null;
  places: { org: string; actor: string }[];
  names: string[];
  askedBy: JsonObject;
  startedAt: Date;
  counts: Record<string, number>;
  kept: Record<string, number>;
}

export async function openPersonErasures(db: Queryable): Promise<OpenPersonErasure[]> {
  const { rows } = await db.query<OpenPersonErasure>(
    `SELECT id, organization, pseudonym, person, places, names, asked_by AS "askedBy", started_at AS "startedAt", counts, kept
       FROM person_erasures WHERE erased_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

/** @returns how many rows named them. */
export async function eraseNames(db: Queryable, erasure: string, org: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>("SELECT erase_names($1, $2)::float8 AS n", [erasure, org]);
  return rows[0]?.n ?? 0;
}

/** @returns how many notes named them. */
export async function eraseMemories(db: Queryable, erasure: string, org: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>("SELECT erase_memories($1, $2)::float8 AS n", [erasure, org]);
  return rows[0]?.n ?? 0;
}

export async function notePersonErasure(
  db: Queryable,
  { id, counts, kept }: Pick<OpenPersonErasure, "id" | "counts" | "kept">,
): Promise<void> {
  await db.query("UPDATE person_erasures SET counts = $2, kept = $3 WHERE id = $1 AND erased_at IS NULL", [
    id,
    JSON.stringify(counts),
    JSON.stringify(kept),
  ]);
}

/** Once: false when another server was first. */
export async function lockPersonErasure(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query("SELECT FROM person_erasures WHERE id = $1 AND erased_at IS NULL FOR UPDATE", [
    id,
  ]);
  return rowCount === 1;
}

export async function endPersonErasure(
  db: Queryable,
  { id, receipt, signature, at }: { id: string; receipt: string; signature: string; at: Date },
): Promise<void> {
  await db.query("SELECT end_person_erasure($1, $2, $3, $4)", [id, receipt, signature, at]);
}

export interface PersonEvent {
  run: string;
  seq: number;
  type: string;
  ended: boolean;
  actor: { kind: string; id: string; name: string };
  data: JsonObject;
}

/** What the actor did to runs, under a name other than the pseudonym; and where others' events name them. A page of runs at a time. */
export async function eventsOfActor(
  db: Queryable,
  { org, actor, pseudonym, names }: { org: string; actor: string; pseudonym: string; names: readonly string[] },
  after: string,
  runs: number,
): Promise<{ events: PersonEvent[]; last: string | null }> {
  const { rows: page } = await db.query<{ id: string }>(
    "SELECT id FROM runs WHERE org = $1 AND id > $2 ORDER BY id LIMIT $3",
    [org, after, runs],
  );
  const { rows } = await db.query<PersonEvent>(
    `SELECT e.run_id AS run, e.seq, e.type, r.finished_at IS NOT NULL AND r.owner IS NULL AS ended, e.actor, e.data
       FROM events e JOIN runs r ON r.id = e.run_id
      WHERE e.run_id = ANY ($1::uuid[]) AND ((e.actor ->> 'id' = $2 AND e.actor ->> 'name' <> $3)
        OR EXISTS (SELECT FROM unnest($4::text[]) n WHERE strpos(e.data::text, to_json(n)::text) > 0)) ORDER BY e.run_id, e.seq`,
    [page.map(({ id }) => id), actor, pseudonym, names],
  );
  return { events: rows, last: page.length < runs ? null : (page.at(-1)?.id ?? null) };
}

export interface PersonRecord {
  id: string;
  sealed: boolean;
  actor: JsonObject;
  onBehalfOf: Json;
  target: JsonObject;
  reason: string | null;
  details: Json;
  source: JsonObject | null;
}

/**
 * Records of the trail that still say who they were or where they sat. `org` null: those of the installation. A name that is no
 * address may be a word like any other: only beside their id it is theirs.
 */
export async function recordsOfPerson(
  db: Queryable,
  { org, ids, names }: { org: string | null; ids: readonly string[]; names: readonly string[] },
  limit: number,
): Promise<PersonRecord[]> {
  const { rows } = await db.query<PersonRecord>(
    `SELECT r.id, r.actor, r.on_behalf_of AS "onBehalfOf", r.target, r.reason, r.details, r.source,
       r.xid < COALESCE((SELECT max(s.to_xid) FROM audit_seals s WHERE s.org = COALESCE($1::uuid, '${noOrganization}')), '0') AS sealed
     FROM audit_records r
     WHERE r.org IS NOT DISTINCT FROM $1::uuid AND r.action <> 'audit.redact' AND (
       ((r.actor ->> 'id' = ANY ($2) OR r.actor ->> 'person' = ANY ($2))
         AND (r.reason IS NOT NULL OR r.source ->> 'address' IS NOT NULL OR r.source ->> 'userAgent' IS NOT NULL OR r.actor ->> 'person' IS NOT NULL))
       OR EXISTS (SELECT FROM unnest($3::text[]) n WHERE
         (strpos(n, '@') > 0 OR concat_ws(' ', r.actor ->> 'id', r.on_behalf_of ->> 'id', r.target::text) ~ ANY ($2))
           AND strpos(concat_ws(' ', r.actor::text, r.on_behalf_of::text, r.target::text, r.details::text), to_json(n)::text) > 0
         OR strpos(n, '@') > 0 AND strpos(r.reason, n) > 0))
     ORDER BY r.xid, r.id LIMIT $4`,
    [org, ids, names, limit],
  );
  return rows;
}

/** @returns how many were sealed and so could be rewritten. */
export async function rewriteAudit(
  db: Queryable,
  {
    org,
    contents,
    who,
    why,
    record,
  }: { org: string | null; contents: object[]; who: object; why: string; record: string },
): Promise<number> {
  const { rows } = await db.query<{ n: number }>("SELECT rewrite_audit($1, $2, $3, $4, $5) AS n", [
    org,
    JSON.stringify(contents),
    JSON.stringify(who),
    why,
    record,
  ]);
  return rows[0]?.n ?? 0;
}

/** Archives of runs that name the actor: they are bound by the chain of entries, and stay until retention removes them. */
export async function countArchivesOf(db: Queryable, org: string, actor: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    "SELECT count(*)::int AS n FROM archived_runs WHERE org = $1 AND entry #>> '{requester,id}' = $2",
    [org, actor],
  );
  return rows[0]?.n ?? 0;
}
