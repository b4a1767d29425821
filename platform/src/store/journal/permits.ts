import type { Usage } from "@gantry/sdk";
import type { Account, Budget } from "../../domain/limits/budget.ts";
import type { Breaker } from "../../domain/limits/breaker.ts";
import { accountKey, type Claim, type PermitNews, type Targets } from "../../domain/limits/permits.ts";
import type { Bound, Counter } from "../../domain/limits/window.ts";
import type { Queryable } from "../queryable.ts";

const millis = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** Where a connection is defined, which tells one from another of the same name. */
export interface BreakerPlace {
  org: string;
  connection: string;
  project: string | null;
  environment: string | null;
}

export interface BreakerRow extends BreakerPlace {
  id: string;
  breaker: Breaker;
}

/** Starts the transaction; the database's time in Unix milliseconds, read before any lock is waited for. */
export async function beginPermits(db: Queryable): Promise<number> {
  const results = (await db.query(`BEGIN; SELECT trunc(${millis("clock_timestamp()")}) AS now`)) as unknown as {
    rows: { now: number }[];
  }[];
  return results[1]?.rows[0]?.now ?? 0;
}

/** What the journal knows of permits and the counters don't yet. Another worker's share is left to it. */
export async function readNews(db: Queryable): Promise<(PermitNews & { org: string })[]> {
  const { rows } = await db.query<{
    id: string;
    org: string;
    claims: Claim[];
    from: "held" | "used";
    to: "used" | "ended";
    used_at: number;
    ms: number;
    usage: Usage | null;
    outcome: "answered" | "failed" | "unknown" | null;
  }>({
    name: "permit-news",
    text: `SELECT id, org, claims, folded AS "from", phase AS "to", ${millis("used_at")} AS used_at,
        ceil(${millis("COALESCE(ended_at, used_at)")} - ${millis("granted_at")}) AS ms, usage, outcome
      FROM permits WHERE phase <> folded ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED`,
    values: [],
  });
  return rows.map(({ used_at, outcome, ...row }) => ({
    ...row,
    usedAt: Math.ceil(used_at),
    outcome: outcome ?? "answered",
  }));
}

/** The counters are brought up to date with these; what has ended needs no permit any more. */
export async function forgetNews(db: Queryable, ended: readonly string[], used: readonly string[]): Promise<void> {
  if (ended.length > 0) await db.query("DELETE FROM permits WHERE id = ANY ($1::uuid[])", [ended]);
  if (used.length > 0) await db.query("UPDATE permits SET folded = 'used' WHERE id = ANY ($1::uuid[])", [used]);
}

/** Locks what claims are made on, always in the same order. Counters that are missing are made. */
export async function lockTargets(
  db: Queryable,
  wanted: {
    limits: ReadonlyMap<string, string>;
    accounts: ReadonlyMap<string, { org: string; id: string; subject: string }>;
    breakers: readonly string[];
  },
): Promise<Omit<Targets, "rules">> {
  const limits = await lockLimits(db, wanted.limits);
  const accounts = await lockAccounts(db, wanted.accounts);
  const breakers = await lockBreakers(db, wanted.breakers);
  return { limits, accounts, breakers: new Map(breakers.map((row) => [row.id, { ...row }])) };
}

async function lockLimits(db: Queryable, wanted: ReadonlyMap<string, string>): Promise<Targets["limits"]> {
  const ids = [...wanted.keys()];
  if (ids.length === 0) return new Map();
  const read = async () =>
    await db.query<{
      id: string;
      tool: string | null;
      connection: string | null;
      amount: number;
      per_ms: number | null;
      held: number;
      marks: Counter["marks"];
      tail: number;
    }>({
      name: "lock-limits",
      text: `SELECT l.id, l.tool, l.connection, l.amount, l.per_ms::float8 AS per_ms, c.held, c.marks, c.tail::float8 AS tail
        FROM limit_counters c JOIN limits l ON l.org = c.org AND l.id = c.id
        WHERE c.id = ANY ($1::uuid[]) ORDER BY c.id FOR UPDATE OF c`,
      values: [ids],
    });
  let { rows } = await read();
  if (rows.length < ids.length) {
    await db.query(
      `INSERT INTO limit_counters (org, id) SELECT l.org, l.id FROM limits l
       WHERE l.id = ANY ($1::uuid[]) AND l.org = ANY ($2::uuid[]) ORDER BY l.id ON CONFLICT DO NOTHING`,
      [ids, [...new Set(wanted.values())]],
    );
    ({ rows } = await read());
  }
  return new Map(
    rows.map(({ id, held, marks, tail, ...rule }) => [
      id,
      {
        what: describeLimit({ ...rule, perMs: rule.per_ms }),
        bound: { amount: rule.amount, perMs: rule.per_ms } satisfies Bound,
        counter: { held, marks, tail },
      },
    ]),
  );
}

/** A limit in words, the same wherever people meet it. */
export function describeLimit({
  tool,
  connection,
  amount,
  perMs,
}: {
  tool: string | null;
  connection: string | null;
  amount: number;
  perMs: number | null;
}): string {
  const of = [tool === null ? "" : `tool ${tool}`, connection === null ? "" : `connection ${connection}`]
    .filter(Boolean)
    .join(" on ");
  return perMs === null
    ? `concurrency limit of ${of}: ${amount} at once`
    : `rate limit of ${of}: ${amount} per ${perMs % 1_000 === 0 ? `${perMs / 1_000} s` : `${perMs} ms`}`;
}

async function lockAccounts(
  db: Queryable,
  wanted: ReadonlyMap<string, { org: string; id: string; subject: string }>,
): Promise<Targets["accounts"]> {
  if (wanted.size === 0) return new Map();
  const list = [...wanted.values()];
  const ids = list.map(({ id }) => id);
  const subjects = list.map(({ subject }) => subject);
  const read = async () =>
    await db.query<Budget & Account & { subject: string }>({
      name: "lock-accounts",
      text: `SELECT a.budget AS id, a.subject, b.name, b.measure, b.currency, b.amount::float8 AS amount, b.period,
          a.spent::float8 AS spent, a.reserved::float8 AS reserved, a.since::float8 AS since
        FROM budget_accounts a JOIN budgets b ON b.org = a.org AND b.id = a.budget
        JOIN unnest($1::uuid[], $2::uuid[]) AS w (id, subject) ON a.budget = w.id AND a.subject = w.subject
        ORDER BY a.budget, a.subject FOR UPDATE OF a`,
      values: [ids, subjects],
    });
  let { rows } = await read();
  if (rows.length < list.length) {
    await db.query(
      `INSERT INTO budget_accounts (org, budget, subject) SELECT b.org, b.id, w.subject
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS w (id, subject, org) JOIN budgets b ON b.org = w.org AND b.id = w.id
       ORDER BY b.id, w.subject ON CONFLICT DO NOTHING`,
      [ids, subjects, list.map(({ org }) => org)],
    );
    ({ rows } = await read());
  }
  return new Map(
    rows.map(({ subject, spent, reserved, since, ...budget }) => [
      accountKey(budget.id, subject),
      { budget, account: { spent, reserved, since } },
    ]),
  );
}

const breakerColumns = `b.id, b.org, b.connection, b.project, b.environment, b.state, b.failures,
  b.opened_at::float8 AS "openedAt", b.retry_at::float8 AS "retryAt", b.open_ms::float8 AS "openMs", b.trial, b.reason`;

function toBreakerRow({
  id,
  org,
  connection,
  project,
  environment,
  ...breaker
}: BreakerPlace & Breaker & { id: string }): BreakerRow {
  return { id, org, connection, project, environment, breaker };
}

async function lockBreakers(db: Queryable, ids: readonly string[]): Promise<BreakerRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<BreakerPlace & Breaker & { id: string }>({
    name: "lock-breakers",
    text: `SELECT ${breakerColumns} FROM breakers b WHERE b.id = ANY ($1::uuid[]) ORDER BY b.id FOR UPDATE`,
    values: [ids],
  });
  return rows.map(toBreakerRow);
}

/** The breakers of these connections by id, made where this is their first failure. */
export async function ensureBreakers(
  db: Queryable,
  places: readonly (BreakerPlace & { id: string })[],
): Promise<string[]> {
  const columns = [
    places.map(({ id }) => id),
    places.map(({ org }) => org),
    places.map(({ connection }) => connection),
    places.map(({ project }) => project),
    places.map(({ environment }) => environment),
  ];
  const from = `unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[]) AS p (id, org, connection, project, environment)`;
  const same = `b.org = p.org AND b.connection = p.connection AND b.project IS NOT DISTINCT FROM p.project
    AND b.environment IS NOT DISTINCT FROM p.environment`;
  await db.query(
    `INSERT INTO breakers (id, org, connection, project, environment) SELECT p.* FROM ${from}
     WHERE NOT EXISTS (SELECT 1 FROM breakers b WHERE ${same}) ON CONFLICT DO NOTHING`,
    columns,
  );
  const { rows } = await db.query<{ id: string }>(
    `SELECT b.id FROM ${from} JOIN breakers b ON ${same} ORDER BY p.id`,
    columns,
  );
  return rows.map(({ id }) => id);
}

/** Writes what a round of decisions made of what it had locked. */
export async function saveTargets(
  db: Queryable,
  { limits, accounts, breakers }: Omit<Targets, "rules">,
  stateChanged: ReadonlySet<string>,
): Promise<void> {
  if (limits.size > 0) {
    const rows = [...limits];
    await db.query({
      name: "save-limits",
      text: `UPDATE limit_counters c SET held = i.held, marks = i.marks, tail = i.tail
        FROM unnest($1::uuid[], $2::int[], $3::json[], $4::bigint[]) AS i (id, held, marks, tail) WHERE c.id = i.id`,
      values: [
        rows.map(([id]) => id),
        rows.map(([, { counter }]) => Math.max(0, counter.held)),
        rows.map(([, { counter }]) => JSON.stringify(counter.marks)),
        rows.map(([, { counter }]) => Math.ceil(counter.tail)),
      ],
    });
  }
  if (accounts.size > 0) {
    const rows = [...accounts];
    await db.query({
      name: "save-accounts",
      text: `UPDATE budget_accounts a SET spent = i.spent, reserved = i.reserved, since = i.since
        FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[]) AS i (id, subject, spent, reserved, since)
        WHERE a.budget = i.id AND a.subject = i.subject`,
      values: [
        rows.map(([, { budget }]) => budget.id),
        rows.map(([key]) => key.slice(key.indexOf(" ") + 1)),
        rows.map(([, { account }]) => account.spent),
        rows.map(([, { account }]) => account.reserved),
        rows.map(([, { account }]) => account.since),
      ],
    });
  }
  for (const [id, { breaker }] of breakers) {
    const { state, failures, openedAt, retryAt, openMs, trial, reason } = breaker;
    const values = [id, JSON.stringify(failures), openedAt, retryAt, openMs, trial, reason];
    const set = `failures = $2, opened_at = $3, retry_at = $4, open_ms = $5, trial = $6, reason = $7, updated_at = now()`;
    // Naming the state tells every worker to read the rules again; most failures change nothing.
    if (stateChanged.has(id))
      await db.query(`UPDATE breakers SET ${set}, state = $8 WHERE id = $1`, [...values, state]);
    else await db.query(`UPDATE breakers SET ${set} WHERE id = $1`, values);
  }
}

export interface NewPermit {
  id: string;
  org: string;
  run: string;
  session: string;
  fence: number;
  claims: readonly Claim[];
}

export async function insertPermits(db: Queryable, permits: readonly NewPermit[]): Promise<void> {
  if (permits.length === 0) return;
  const runs = permits.map(({ run }) => run);
  await db.query({
    name: "insert-permits",
    text: `WITH gone AS (DELETE FROM permit_waiters w USING unnest($7::uuid[], $8::uuid[]) AS t (run_id, target)
        WHERE w.run_id = t.run_id AND w.target = t.target)
      INSERT INTO permits (id, org, run_id, session, fence, claims)
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::json[])`,
    values: [
      permits.map(({ id }) => id),
      permits.map(({ org }) => org),
      runs,
      permits.map(({ session }) => session),
      permits.map(({ fence }) => fence),
      permits.map(({ claims }) => JSON.stringify(claims)),
      permits.flatMap(({ run, claims }) => claims.map(() => run)),
      permits.flatMap(({ claims }) => claims.map(({ id }) => id)),
    ],
  });
}

/** Of these, the permits that are there: a try before this one was committed though its answer never came. */
export async function findPermits(db: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>("SELECT id FROM permits WHERE id = ANY ($1::uuid[])", [ids]);
  return new Set(rows.map(({ id }) => id));
}

export async function insertWaiters(
  db: Queryable,
  waiters: readonly { org: string; target: string; run: string }[],
): Promise<void> {
  if (waiters.length === 0) return;
  await db.query({
    name: "insert-permit-waiters",
    text: `INSERT INTO permit_waiters (org, target, run_id) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
      ON CONFLICT DO NOTHING`,
    values: [waiters.map(({ org }) => org), waiters.map(({ target }) => target), waiters.map(({ run }) => run)],
  });
}

/** Wakes those who wait longest for what came free: as many as there is room for. Resolves to their runs. */
export async function wakeWaiters(
  db: Queryable,
  freed: readonly { target: string; room: number }[],
): Promise<string[]> {
  if (freed.length === 0) return [];
  const { rows } = await db.query<{ run_id: string }>({
    name: "wake-permit-waiters",
    text: `WITH chosen AS MATERIALIZED (
        SELECT w.target, w.run_id FROM unnest($1::uuid[], $2::int[]) AS f (target, room) CROSS JOIN LATERAL (
          SELECT v.target, v.run_id FROM permit_waiters v WHERE v.target = f.target ORDER BY v.since LIMIT f.room) w),
      gone AS (DELETE FROM permit_waiters v USING chosen c WHERE v.target = c.target AND v.run_id = c.run_id),
      wk AS (INSERT INTO wakeups (run_id, org, pool, rank, due_at)
        SELECT DISTINCT r.id, r.org, r.pool, now() - r.priority * interval '5 minutes', now()
        FROM chosen c JOIN runs r ON r.id = c.run_id WHERE r.finished_at IS NULL
        ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at))
      SELECT DISTINCT run_id FROM chosen`,
    values: [freed.map(({ target }) => target), freed.map(({ room }) => room)],
  });
  return rows.map(({ run_id }) => run_id);
}

/** These attempts have begun: their places of rate limits start to come free. */
export async function markUsed(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query(
    "UPDATE permits SET phase = 'used', used_at = clock_timestamp() WHERE id = ANY ($1::uuid[]) AND phase = 'held'",
    [ids],
  );
}

/** Permits of calls within an attempt say so in their claims; no event ever has their ids. */
const isOfCall = (permit: string): string => `${permit}.claims::jsonb @> '[{"kind": "attempt"}]'`;

/** Of the attempts, without those of calls that they make. */
export const permitsOfAttempts = `SELECT run_id, id::text, true FROM permits p
  WHERE run_id = ANY ($1::uuid[]) AND NOT ${isOfCall("p")}`;

/** Limits of concurrency whose places the attempt holds. */
export async function placesOf(db: Queryable, attempt: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT l.id FROM permits p CROSS JOIN LATERAL json_array_elements(p.claims) c
     JOIN limits l ON l.org = p.org AND l.id = (c ->> 'id')::uuid
     WHERE p.id = $1 AND c ->> 'kind' = 'limit' AND l.per_ms IS NULL`,
    [attempt],
  );
  return rows.map(({ id }) => id);
}

export interface EndedCall {
  id: string;
  outcome: "answered" | "failed";
}

/** Calls that are over; from now on it is known that they have begun. */
export async function endCalls(db: Queryable, calls: readonly EndedCall[]): Promise<void> {
  await db.query(
    `UPDATE permits p SET phase = 'ended', used_at = COALESCE(p.used_at, clock_timestamp()), ended_at = clock_timestamp(),
       outcome = c.outcome
     FROM unnest($1::uuid[], $2::text[]) AS c (id, outcome) WHERE p.id = c.id AND p.phase <> 'ended'`,
    [calls.map(({ id }) => id), calls.map(({ outcome }) => outcome)],
  );
}

/** Calls of attempts that are over, which nobody ended: their worker died. They may have begun, so they count. */
export async function endLostCalls(db: Queryable): Promise<void> {
  await db.query(
    `UPDATE permits p SET phase = 'ended', used_at = COALESCE(p.used_at, clock_timestamp()), ended_at = clock_timestamp(),
       outcome = 'answered'
     WHERE p.phase <> 'ended' AND ${isOfCall("p")} AND EXISTS (SELECT 1 FROM events e
       WHERE e.run_id = p.run_id AND e.type IN ('attempt.succeeded', 'attempt.failed', 'attempt.settled', 'attempt.unknown')
         AND p.claims::jsonb @> jsonb_build_array(jsonb_build_object('kind', 'attempt', 'id', e.data ->> 'attemptId')) OFFSET 0)`,
  );
}

/** Permits whose attempts never began and won't: taken out to be given back. */
export async function takeBack(
  db: Queryable,
  ids: readonly string[],
): Promise<{ id: string; org: string; claims: Claim[] }[]> {
  const { rows } = await db.query<{ id: string; org: string; claims: Claim[] }>(
    "DELETE FROM permits WHERE id = ANY ($1::uuid[]) AND phase = 'held' RETURNING id, org, claims",
    [ids],
  );
  return rows;
}

/** Permits of runs that changed hands (or came to rest) before the attempt was announced: nobody can announce it now. */
export async function findOrphans(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT p.id FROM permits p JOIN runs r ON r.id = p.run_id
     WHERE p.phase = 'held' AND NOT ${isOfCall("p")} AND (r.owner IS DISTINCT FROM p.session OR r.fence <> p.fence)
       AND NOT EXISTS (SELECT 1 FROM events e
         WHERE e.run_id = p.run_id AND e.type = 'attempt.started' AND e.data ->> 'attemptId' = p.id::text OFFSET 0)`,
  );
  return rows.map(({ id }) => id);
}

/** Waiters that nobody would wake any more: of runs that have ended, and of what has room although nobody said so. */
export async function findForgottenWaiters(db: Queryable): Promise<{ target: string; room: number }[]> {
  await db.query("DELETE FROM permit_waiters w USING runs r WHERE r.id = w.run_id AND r.finished_at IS NOT NULL");
  const { rows } = await db.query<{ target: string; room: number }>(
    `SELECT w.target, LEAST(100, COALESCE(min(l.amount - c.held), 100))::int AS room FROM permit_waiters w
     LEFT JOIN limits l ON l.id = w.target LEFT JOIN limit_counters c ON c.id = w.target
     LEFT JOIN breakers b ON b.id = w.target
     WHERE (l.id IS NULL OR (l.per_ms IS NULL AND COALESCE(c.held, 0) < l.amount))
       AND (b.id IS NULL OR b.state = 'closed' OR b.trial IS NULL) AND w.since < now() - interval '2 seconds'
     GROUP BY w.target`,
  );
  return rows;
}
