import { platformActor, type RunEvent } from "@gantry/sdk";
import type pg from "pg";
import { bigintArray, boolArray, intArray, jsonArray, textArray, uuidArray } from "./binary-array.ts";
import { storableKey } from "./slots.ts";

/** What one flush writes for one run: the next events and what hangs on them. Everything or, for that run, nothing. */
export interface RunWrite {
  id: string;
  fence: number;
  /** The run must stand at this sequence number … */
  seqFrom: number;
  /** … and stands at this one afterwards. Equal when there are no events. */
  seqTo: number;
  status: string;
  /** JSON texts. */
  waiting: string | null;
  error: string | null;
  /**
   * An attempt is announced: refused while a kill switch covers the run, which after a restore lets inspections through. One that
   * may change something: never in a dry
   * run, and not while a freeze window covers the run, unless it puts back what a failed change left.
   */
  starts: "nothing" | "inspects" | "harmless" | "restores" | "changes";
  /** What policy decided on, where it decided or an attempt starts: refused once that is something else. */
  basis: string | null;
  /** Gives up ownership. */
  release: boolean;
  finished: boolean;
  events: readonly RunEvent[];
  extra: ExtraWrite | null;
}

/** What most flushes don't need; they take a shorter statement. */
export interface ExtraWrite {
  /** An attempt came to an end, so whatever crashed before, it wasn't this run. */
  progressed: boolean;
  /** JSON text. */
  snapshot: string | null;
  /** Unix milliseconds at which a released run wants to be claimed again. */
  dueAt: number | null;
  /** Change sets whose attempts start: refused unless approved, unexpired and by approvers who still may. */
  gates: string[];
  changeSets: ChangeSetWrite[];
  approvals: ApprovalWrite[];
  handled: { id: string; outcome: string | null }[];
  messages: MessageWrite[];
  freedKeys: string[];
  /** What became known of attempts that hold permits. */
  permits: PermitWrite[];
}

export interface PermitWrite {
  id: string;
  /** False while its outcome is unknown: what it may have used stays set aside. */
  ended: boolean;
  /** JSON text of what it reported to have used; null: nothing. */
  usage: string | null;
  outcome: "answered" | "failed" | "unknown";
}

export interface ChangeSetWrite {
  hash: string;
  gate: string;
  status: string;
  approvals: string;
  expiresAt: number | null;
  begun: boolean;
  /** Actors who can't approve it. */
  parties: readonly string[];
  /** One person may stand for several groups. */
  shared: boolean;
  /** Names of the secrets that its steps use. */
  secrets: readonly string[];
}

export interface ApprovalWrite {
  hash: string;
  actor: string;
  group: string;
  delegation: string | null;
  proof: string | null;
}

/** To another run of the same organization. */
export interface MessageWrite {
  id: string;
  run: string;
  kind: string;
  payload: string;
  actor: string;
}

/**
 * One flush as one autocommit statement. The lane's counter makes it idempotent: a second try after a broken connection
 * finds the counter moved on, does nothing and returns no row at all. Otherwise there is a row per run that was written,
 * or a single null.
 */
export function flushQuery(
  lane: string,
  n: number,
  owner: string,
  writes: readonly RunWrite[],
): pg.QueryArrayConfig<unknown[]> {
  const extras = writes.some((write) => write.extra !== null);
  if (extras) {
    const values = [...coreValues(lane, n, owner, writes), ...extraValues(writes)];
    return writes.some((write) => (write.extra?.permits.length ?? 0) > 0)
      ? { name: "flush-limited", text: limited, rowMode: "array", values: [...values, ...permitValues(writes)] }
      : { name: "flush-full", text: full, rowMode: "array", values };
  }
  return { name: "flush-lean", text: lean, rowMode: "array", values: coreValues(lane, n, owner, writes) };
}

const lane = `w AS (UPDATE lanes SET n = $1::bigint WHERE id = $2::uuid AND n = $1::bigint - 1 RETURNING 1)`;
const arrays = `$4::uuid[], $5::int[], $6::int[], $7::int[], $8::text[], $9::json[], $10::json[], $11::int[], $12::bool[], $13::bool[], $20::text[]`;
const columns = `id, fence, seq_from, seq_to, status, waiting, error, starts, release, finished, basis`;
const input = `unnest(${arrays}) AS i (${columns})`;
/** As a second set, joined to the first, the rest would be compared row by row. */
const fullInput = `unnest(${arrays}, $23::bool[], $24::json[], $25::bigint[]) AS i (${columns}, progressed, snapshot, due_at)`;
// The ids once more as an array, and the owner not as `=`: runs are found by their key, whatever else the owner has. Whether
// there is any kill switch is asked once a statement, not once a run.
const guard = `EXISTS (SELECT 1 FROM w) AND r.id = ANY ($4::uuid[]) AND r.id = i.id AND r.owner IS NOT DISTINCT FROM $3::uuid AND r.fence = i.fence AND r.seq = i.seq_from
    AND (i.starts = 0 OR NOT (SELECT EXISTS (SELECT 1 FROM kill_switches WHERE lifted_at IS NULL)) OR NOT EXISTS (
      SELECT 1 FROM kill_switches k WHERE k.lifted_at IS NULL AND (k.org IS NULL OR k.org = r.org)
        AND (k.restore IS NULL OR i.starts > 1)))
    AND (i.starts < 3 OR NOT r.dry_run)
    AND (i.starts < 4 OR NOT EXISTS (
      SELECT 1 FROM freeze_windows z WHERE z.org = r.org AND z.ends_at > clock_timestamp() AND z.starts_at <= clock_timestamp()
        AND (z.project IS NULL OR z.project = r.project) AND (z.environment IS NULL OR z.environment = r.environment)
        AND NOT EXISTS (SELECT 1 FROM freeze_overrides o WHERE o.run_id = r.id AND o.until >= z.ends_at)))
    AND (i.basis IS NULL OR NOT (SELECT EXISTS (SELECT 1 FROM policy_heads)) OR i.basis = policy_basis(r.org, r.actor, r.project, r.environment))`;
const projection = `seq = i.seq_to, status = i.status, waiting = i.waiting, error = i.error, updated_at = now(),
    owner = CASE WHEN i.release THEN NULL ELSE r.owner END,
    finished_at = CASE WHEN i.finished THEN COALESCE(r.finished_at, now()) END`;
/** Nearly all events are the platform's own: its name travels and is read once a statement, not once an event. */
const events = `ev AS (INSERT INTO events (org, run_id, seq, type, at, actor, data)
    SELECT ok.org, e.run_id, e.seq, e.type, e.at, COALESCE(e.actor, '${JSON.stringify(platformActor)}'::json), e.data
    FROM unnest($14::uuid[], $15::int[], $16::text[], $17::bigint[], $18::json[], $19::json[])
      AS e (run_id, seq, type, at, actor, data) JOIN ok ON ok.id = e.run_id)`;
const result = `SELECT ok.id FROM w LEFT JOIN ok ON true`;

const lean = `WITH ${lane},
  ok AS (UPDATE runs r SET ${projection} FROM ${input} WHERE ${guard} RETURNING r.id, r.org),
  ${events}
  ${result}`;

/**
 * Approved; until it has begun neither expired nor with other secrets than were approved; and still by enough people who may,
 * where any were asked. A change set with an organization's name on it is never looked up by hash alone: two runs may have the same.
 */
const gates = `NOT EXISTS (
      SELECT 1 FROM unnest($21::uuid[], $22::text[]) AS g (run_id, hash)
      LEFT JOIN change_sets c ON c.run_id = g.run_id AND c.hash = g.hash
      WHERE g.run_id = r.id AND NOT (
        c.status IS NOT DISTINCT FROM 'approved'
        AND (c.begun_at IS NOT NULL OR c.expires_at IS NULL OR c.expires_at > clock_timestamp())
        AND (json_array_length(c.approvals) = 0 OR (approvals_hold(c.run_id, c.hash)
          AND (c.begun_at IS NOT NULL OR c.secrets = '{}' OR c.secret_versions = secret_versions_of(c.run_id, c.secrets))))))`;

const fullParts = `WITH ${lane},
  ok AS (UPDATE runs r SET ${projection},
      crashes = CASE WHEN i.progressed THEN 0 ELSE r.crashes END,
      alone_deaths = CASE WHEN i.progressed THEN 0 ELSE r.alone_deaths END,
      snapshot = COALESCE(i.snapshot, r.snapshot),
      snapshot_seq = CASE WHEN i.snapshot IS NULL THEN r.snapshot_seq ELSE i.seq_to END
    FROM ${fullInput}
    WHERE ${guard} AND ${gates}
    RETURNING r.id, r.org, r.pool, r.priority, i.finished, i.due_at),
  ${events},
  cs AS (INSERT INTO change_sets (org, run_id, hash, gate, status, approvals, expires_at, begun_at, parties, shared, secrets, secret_versions)
    SELECT ok.org, c.run_id, c.hash, c.gate, c.status, c.approvals, to_timestamp(c.expires_at / 1000.0), CASE WHEN c.begun THEN now() END,
      c.parties::uuid[], c.shared, c.secrets::text[],
      CASE WHEN c.secrets = '{}' OR json_array_length(c.approvals) = 0 THEN '' ELSE secret_versions_of(c.run_id, c.secrets::text[]) END
    FROM unnest($26::uuid[], $27::text[], $28::text[], $29::text[], $30::json[], $31::bigint[], $32::bool[], $33::text[], $34::bool[], $35::text[])
      AS c (run_id, hash, gate, status, approvals, expires_at, begun, parties, shared, secrets) JOIN ok ON ok.id = c.run_id
    ON CONFLICT (run_id, hash) DO UPDATE SET status = excluded.status, begun_at = COALESCE(change_sets.begun_at, excluded.begun_at)),
  ap AS (INSERT INTO approvals (org, run_id, hash, actor, "group", delegation, proof)
    SELECT ok.org, a.run_id, a.hash, a.actor, a.grp, a.delegation::uuid, a.proof::uuid
    FROM unnest($36::uuid[], $37::text[], $38::uuid[], $39::text[], $40::text[], $41::text[])
      AS a (run_id, hash, actor, grp, delegation, proof) JOIN ok ON ok.id = a.run_id
    ON CONFLICT DO NOTHING),
  hd AS (UPDATE inbox m SET handled_at = now(), outcome = h.outcome
    FROM unnest($42::uuid[], $43::uuid[], $44::json[]) AS h (run_id, id, outcome) JOIN ok ON ok.id = h.run_id
    WHERE m.id = h.id AND m.handled_at IS NULL),
  ms AS (SELECT m.*, ok.org, t.pool, t.priority
    FROM unnest($45::uuid[], $46::uuid[], $47::uuid[], $48::text[], $49::json[], $50::json[])
      AS m (sender, id, run_id, kind, payload, actor)
    JOIN ok ON ok.id = m.sender JOIN runs t ON t.id = m.run_id AND t.org = ok.org),
  ib AS (INSERT INTO inbox (id, org, run_id, kind, payload, actor)
    SELECT id, org, run_id, kind, payload, actor FROM ms ON CONFLICT DO NOTHING),
  freed AS (DELETE FROM slots s USING unnest($51::uuid[], $52::text[]) AS f (run_id, key) JOIN ok ON ok.id = f.run_id
    WHERE s.org = ok.org AND s.key = f.key AND s.run_id = ok.id RETURNING s.org, s.key),
  quit AS (DELETE FROM slot_waiters v USING ok WHERE ok.finished AND v.run_id = ok.id),
  next AS (SELECT DISTINCT ON (v.org, v.key) v.run_id, v.org
    FROM freed JOIN slot_waiters v ON v.org = freed.org AND v.key = freed.key ORDER BY v.org, v.key, v.since),
  wake AS (SELECT id AS run_id, org, pool, priority, to_timestamp(due_at / 1000.0) AS due_at FROM ok WHERE due_at IS NOT NULL
    UNION ALL SELECT run_id, org, pool, priority, now() FROM ms
    UNION ALL SELECT next.run_id, next.org, t.pool, t.priority, now() FROM next JOIN runs t ON t.id = next.run_id),
  wk AS (INSERT INTO wakeups (run_id, org, pool, rank, due_at)
    SELECT run_id, org, pool, min(due_at) - priority * interval '5 minutes', min(due_at) FROM wake
    GROUP BY run_id, org, pool, priority
    ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at))`;

const full = `${fullParts}
  ${result}`;

/**
 * For batches with attempts that hold permits; nobody else pays for it. Only the permit's own row is written: counters that
 * many attempts share are brought up to date afterwards, so no flush ever waits for them.
 */
const limited = `${fullParts},
  pm AS (UPDATE permits p SET phase = CASE WHEN u.ended THEN 'ended' ELSE 'used' END,
      used_at = COALESCE(p.used_at, clock_timestamp()),
      ended_at = CASE WHEN u.ended THEN clock_timestamp() END, usage = u.usage, outcome = u.outcome
    FROM unnest($53::uuid[], $54::uuid[], $55::bool[], $56::json[], $57::text[]) AS u (run_id, id, ended, usage, outcome)
    JOIN ok ON ok.id = u.run_id
    WHERE p.id = u.id AND p.run_id = ok.id AND p.phase <> 'ended')
  ${result}`;

const startsOrder = ["nothing", "inspects", "harmless", "restores", "changes"];
function coreValues(laneId: string, n: number, owner: string, writes: readonly RunWrite[]): unknown[] {
  const runIds: string[] = [];
  const seqs: number[] = [];
  const types: string[] = [];
  const ats: number[] = [];
  const actors: (string | null)[] = [];
  const data: string[] = [];
  for (const write of writes) {
    for (const event of write.events) {
      runIds.push(write.id);
      seqs.push(event.seq);
      types.push(event.type);
      ats.push(event.at);
      actors.push(event.actor === platformActor ? null : JSON.stringify(event.actor));
      data.push(JSON.stringify(event.data));
    }
  }
  return [
    n,
    laneId,
    owner,
    uuidArray(writes.map((write) => write.id)),
    intArray(writes.map((write) => write.fence)),
    intArray(writes.map((write) => write.seqFrom)),
    intArray(writes.map((write) => write.seqTo)),
    textArray(writes.map((write) => write.status)),
    jsonArray(writes.map((write) => write.waiting)),
    jsonArray(writes.map((write) => write.error)),
    intArray(writes.map((write) => startsOrder.indexOf(write.starts))),
    boolArray(writes.map((write) => write.release)),
    boolArray(writes.map((write) => write.finished)),
    uuidArray(runIds),
    intArray(seqs),
    textArray(types),
    bigintArray(ats),
    jsonArray(actors),
    jsonArray(data),
    textArray(writes.map((write) => write.basis)),
  ];
}

function extraValues(writes: readonly RunWrite[]): unknown[] {
  const every = <T>(pick: (extra: ExtraWrite) => readonly T[]): { run: string; row: T }[] =>
    writes.flatMap(({ id, extra }) => (extra ? pick(extra).map((row) => ({ run: id, row })) : []));
  const gateRows = every((extra) => extra.gates);
  const sets = every((extra) => extra.changeSets);
  const approved = every((extra) => extra.approvals);
  const handled = every((extra) => extra.handled);
  const messages = every((extra) => extra.messages);
  const freed = every((extra) => extra.freedKeys);
  const runsOf = (rows: readonly { run: string }[]): Buffer => uuidArray(rows.map(({ run }) => run));
  return [
    runsOf(gateRows),
    textArray(gateRows.map(({ row }) => row)),
    boolArray(writes.map(({ extra }) => extra?.progressed ?? false)),
    jsonArray(writes.map(({ extra }) => extra?.snapshot ?? null)),
    bigintArray(writes.map(({ extra }) => extra?.dueAt ?? null)),
    runsOf(sets),
    textArray(sets.map(({ row }) => row.hash)),
    textArray(sets.map(({ row }) => row.gate)),
    textArray(sets.map(({ row }) => row.status)),
    jsonArray(sets.map(({ row }) => row.approvals)),
    bigintArray(sets.map(({ row }) => row.expiresAt)),
    boolArray(sets.map(({ row }) => row.begun)),
    textArray(sets.map(({ row }) => arrayLiteral(row.parties))),
    boolArray(sets.map(({ row }) => row.shared)),
    textArray(sets.map(({ row }) => arrayLiteral(row.secrets))),
    runsOf(approved),
    textArray(approved.map(({ row }) => row.hash)),
    uuidArray(approved.map(({ row }) => row.actor)),
    textArray(approved.map(({ row }) => row.group)),
    textArray(approved.map(({ row }) => row.delegation)),
    textArray(approved.map(({ row }) => row.proof)),
    runsOf(handled),
    uuidArray(handled.map(({ row }) => row.id)),
    jsonArray(handled.map(({ row }) => row.outcome)),
    runsOf(messages),
    uuidArray(messages.map(({ row }) => row.id)),
    uuidArray(messages.map(({ row }) => row.run)),
    textArray(messages.map(({ row }) => row.kind)),
    jsonArray(messages.map(({ row }) => row.payload)),
    jsonArray(messages.map(({ row }) => row.actor)),
    runsOf(freed),
    textArray(freed.map(({ row }) => storableKey(row))),
  ];
}

/** An array inside an array has to travel as text. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`;
}

function permitValues(writes: readonly RunWrite[]): unknown[] {
  const rows = writes.flatMap(({ id, extra }) => (extra?.permits ?? []).map((row) => ({ run: id, row })));
  return [
    uuidArray(rows.map(({ run }) => run)),
    uuidArray(rows.map(({ row }) => row.id)),
    boolArray(rows.map(({ row }) => row.ended)),
    jsonArray(rows.map(({ row }) => row.usage)),
    textArray(rows.map(({ row }) => row.outcome)),
  ];
}
