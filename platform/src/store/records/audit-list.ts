import type { AuditEntry } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

export interface AuditSearch {
  id: string | null;
  from: string | null;
  to: string | null;
  actor: string | null;
  action: string | null;
  run: string | null;
  project: string | null;
  environment: string | null;
  result: string | null;
}

/** Where an entry stands; newest first. */
export interface AuditPosition {
  xid: string;
  kind: number;
  id: string;
  seq: number;
}

type Row = Omit<AuditEntry, "at" | "kind"> & AuditPosition & { at: Date };

/** Records, and the events of runs that say that somebody did something: behind a position, newest first. */
export async function listAudit(
  db: Queryable,
  org: string,
  search: AuditSearch,
  before: AuditPosition | null,
  limit: number,
): Promise<{ position: AuditPosition; entry: AuditEntry }[]> {
  const { id, from, to, actor, action, run, project, environment, result } = search;
  const { rows } = await db.query<Row>({
    name: "list-audit",
    // Times become transactions by way of the seals: what was written before a seal is in it or in one before it. A
    // transaction lasts a minute at most.
    text: `WITH range AS MATERIALIZED (SELECT
        CASE WHEN $3::timestamptz IS NULL THEN '0'::xid8 ELSE COALESCE(
          (SELECT s.from_xid FROM audit_seals s WHERE s.org = $1 AND s.sealed_at >= $3 ORDER BY s.sealed_at LIMIT 1),
          (SELECT s.to_xid FROM audit_seals s WHERE s.org = $1 ORDER BY s.n DESC LIMIT 1), '0') END AS lo,
        COALESCE((SELECT s.to_xid FROM audit_seals s WHERE s.org = $1 AND s.sealed_at > $4::timestamptz + interval '2 minutes'
          ORDER BY s.sealed_at LIMIT 1), '18446744073709551615') AS hi)
      SELECT * FROM (
        (SELECT r.xid::text AS xid, 1 AS kind, r.id::text AS id, 0 AS seq, r.at, r.actor, r.on_behalf_of AS "onBehalfOf", r.action,
            r.target, r.reason, r.result, r.details, r.source, r.request_id AS "requestId", r.redacted, r.xid AS "order"
          FROM audit_records r, range WHERE (r.org = $1 OR (r.org IS NULL AND $1 = '00000000-0000-0000-0000-000000000000'))
            AND r.xid >= range.lo AND r.xid < range.hi
            AND ($2::uuid IS NULL OR r.id = $2) AND r.at >= COALESCE($3, '-infinity') AND r.at < COALESCE($4, 'infinity')
            AND ($5::text IS NULL OR $5 IN (r.actor ->> 'id', r.actor ->> 'name')) AND ($6::text IS NULL OR starts_with(r.action, $6))
            AND ($7::uuid IS NULL OR $7::text IN (r.target ->> 'run', r.target ->> 'created', r.details ->> 'run'))
            AND ($8::text IS NULL OR r.target ->> 'project' = $8) AND ($9::text IS NULL OR r.target ->> 'environment' = $9)
            AND ($10::text IS NULL OR r.result = $10)
            AND ($11::xid8 IS NULL OR (r.xid, 1, r.id, 0) < ($11, $12::int, $13::uuid, $14::int))
          ORDER BY r.xid DESC, r.id DESC LIMIT $15)
        UNION ALL
        (SELECT e.xid::text, 0, e.run_id::text, e.seq, to_timestamp(e.at / 1000.0), e.actor, NULL::json, e.type,
            json_strip_nulls(json_build_object('run', e.run_id, 'project', p.name, 'environment', r.environment, 'step', e.data ->> 'step',
              'attempt', e.data ->> 'attempt', 'changeSet', e.data ->> 'hash')), e.data ->> 'reason',
            CASE WHEN e.type IN ('run.denied', 'change_set.rejected') THEN 'denied' WHEN e.data ->> 'status' = 'failed' THEN 'failed'
              ELSE 'allowed' END, NULL::json, NULL::json, NULL::text, NULL::json, e.xid
          FROM range, events e LEFT JOIN runs r ON r.id = e.run_id LEFT JOIN projects p ON p.id = r.project
          WHERE e.org = $1 AND $2::uuid IS NULL AND e.xid >= range.lo AND e.xid < range.hi
            AND (e.type IN ('attempt.started', 'attempt.ended') OR e.type LIKE 'run.%' OR e.type LIKE 'change\\_set.%')
            AND e.at >= COALESCE(EXTRACT(epoch FROM $3) * 1000, 0) AND e.at < COALESCE(EXTRACT(epoch FROM $4) * 1000, 'infinity')
            AND ($5::text IS NULL OR $5 IN (e.actor ->> 'id', e.actor ->> 'name')) AND ($6::text IS NULL OR starts_with(e.type, $6))
            AND ($7::uuid IS NULL OR e.run_id = $7) AND ($8::text IS NULL OR $8 IN (p.name, p.id::text))
            AND ($9::text IS NULL OR r.environment = $9)
            AND ($10::text IS NULL OR $10 = CASE WHEN e.type IN ('run.denied', 'change_set.rejected') THEN 'denied'
              WHEN e.data ->> 'status' = 'failed' THEN 'failed' ELSE 'allowed' END)
            AND ($11::xid8 IS NULL OR (e.xid, 0, e.run_id, e.seq) < ($11, $12::int, $13::uuid, $14::int))
          ORDER BY e.xid DESC, e.run_id DESC, e.seq DESC LIMIT $15)) both_kinds
      ORDER BY "order" DESC, kind DESC, id::uuid DESC, seq DESC LIMIT $15`,
    values: [
      org,
      id,
      from,
      to,
      actor,
      action,
      run,
      project,
      environment,
      result,
      before?.xid ?? null,
      before?.kind ?? null,
      before?.id ?? null,
      before?.seq ?? null,
      limit,
    ],
  });
  return rows.map((row) => ({
    position: { xid: row.xid, kind: row.kind, id: row.id, seq: row.seq },
    entry: {
      id: row.kind === 0 ? `${row.id}/${row.seq}` : row.id,
      kind: row.kind === 0 ? "event" : "record",
      at: row.at.toISOString(),
      actor: row.actor,
      onBehalfOf: row.onBehalfOf,
      action: row.action,
      target: row.target,
      reason: row.reason,
      result: row.result,
      details: row.details,
      source: row.source,
      requestId: row.requestId,
      redacted: row.redacted,
    },
  }));
}
