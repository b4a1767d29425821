import type { Queryable } from "../queryable.ts";

/** Content that keys of organizations encrypt, in the order in which it is moved to a new one. */
export const movedKinds = ["secret", "state", "blob", "model", "sign-in"] as const;
export type MovedKind = (typeof movedKinds)[number];

export interface KeyMove {
  org: string;
  target: number;
  kind: MovedKind | "";
  after: string;
}

/** A wrapped key, and what its binding is made of. */
export interface WrappedRow {
  /** Where it stands among its kind. */
  place: string;
  wrapped: Buffer;
  of: unknown;
}

/** Bytes of a wrapped key, with which sealed records begin; the first nine name the key that wrapped it. */
const wrappedBytes = 81;

interface Source {
  table: string;
  column: string;
  place: string;
  from: string;
  of: string;
}

const sources: Record<MovedKind, Source> = {
  secret: {
    table: "secret_versions",
    column: "envelope",
    place: "t.secret_id || ' ' || lpad(t.version::text, 10, '0')",
    from: "secret_versions t JOIN secrets s ON s.org = t.org AND s.id = t.secret_id",
    of: `json_build_object('id', s.id, 'version', t.version, 'project', s.project, 'environment', s.environment, 'name', s.name)`,
  },
  state: {
    table: "terraform_state_versions",
    column: "sealed",
    place: "t.state || ' ' || lpad(t.version::text, 10, '0')",
    from: "terraform_state_versions t",
    of: "json_build_object('state', t.state, 'version', t.version)",
  },
  blob: {
    table: "blobs",
    column: "wrapped_key",
    place: "t.digest",
    from: "blobs t",
    of: "json_build_object('digest', t.digest, 'encoding', t.encoding)",
  },
  model: {
    table: "model_contents",
    column: "sealed",
    place: "t.id::text",
    from: "model_contents t",
    of: "json_build_object('id', t.id)",
  },
  "sign-in": {
    table: "mcp_sign_ins",
    column: "tokens",
    place: "t.server",
    from: "mcp_sign_ins t",
    of: "json_build_object('server', t.server)",
  },
};

/** Re-encryptions that haven't ended. */
export async function openMoves(db: Queryable): Promise<KeyMove[]> {
  const { rows } = await db.query<KeyMove>(
    "SELECT org, target, kind, after FROM key_moves WHERE finished_at IS NULL ORDER BY updated_at",
  );
  return rows;
}

/** The next of a kind that another key than `current` (the first nine bytes) wrapped. */
export async function readToMove(
  db: Queryable,
  { org, kind, after, current, limit }: { org: string; kind: MovedKind; after: string; current: Buffer; limit: number },
): Promise<WrappedRow[]> {
  const { column, place, from, of } = sources[kind];
  const { rows } = await db.query<WrappedRow>(
    `SELECT (${place}) COLLATE "C" AS place, substring(t.${column} FROM 1 FOR ${wrappedBytes}) AS wrapped, ${of} AS of
       FROM ${from}
      WHERE t.org = $1 AND (${place}) COLLATE "C" > $2 AND substring(t.${column} FROM 1 FOR 9) <> $3
      ORDER BY 1 LIMIT $4`,
    [org, after, current, limit],
  );
  return rows;
}

/** Puts wrapped keys in the place of others, unless somebody else did so. The content behind them stays. */
export async function writeMoved(
  db: Queryable,
  { org, kind, rows }: { org: string; kind: MovedKind; rows: readonly { place: string; from: Buffer; to: Buffer }[] },
): Promise<number> {
  const { table, column, place } = sources[kind];
  const { rowCount } = await db.query(
    `UPDATE ${table} t SET ${column} = n.moved || substring(t.${column} FROM ${wrappedBytes + 1})
       FROM unnest($2::text[], $3::bytea[], $4::bytea[]) AS n (place, former, moved)
      WHERE t.org = $1 AND (${place}) = n.place AND substring(t.${column} FROM 1 FOR ${wrappedBytes}) = n.former`,
    [org, rows.map((row) => row.place), rows.map(({ from }) => from), rows.map(({ to }) => to)],
  );
  return rowCount ?? 0;
}

/** Where a re-encryption stands, so that whoever goes on with it begins there. */
export async function noteMoved(
  db: Queryable,
  { org, target, kind, after, moved }: KeyMove & { moved: number },
): Promise<void> {
  await db.query(
    "UPDATE key_moves SET kind = $3, after = $4, moved = moved + $5, updated_at = now() WHERE org = $1 AND target = $2",
    [org, target, kind, after, moved],
  );
}

export async function noteTotal(db: Queryable, { org, target }: KeyMove, total: number): Promise<void> {
  await db.query("UPDATE key_moves SET total = moved + $3 WHERE org = $1 AND target = $2", [org, target, total]);
}

/** What can't be moved is kept under its key, and said. */
export async function noteFailure(db: Queryable, { org, target }: KeyMove, failure: string): Promise<void> {
  await db.query("UPDATE key_moves SET failure = $3, updated_at = now() WHERE org = $1 AND target = $2", [
    org,
    target,
    failure,
  ]);
}

export async function endMove(db: Queryable, { org, target }: KeyMove, failed: boolean): Promise<void> {
  await db.query(
    `UPDATE key_moves SET finished_at = now(), updated_at = now(), failure = CASE WHEN $3 THEN failure END
      WHERE org = $1 AND target = $2`,
    [org, target, failed],
  );
}

/** From the beginning: something was encrypted with an old key while it went on. */
export async function beginMoveAgain(db: Queryable, org: string): Promise<void> {
  await db.query(
    `UPDATE key_moves SET kind = '', after = '', moved = 0, total = NULL, started_at = now(), finished_at = NULL, updated_at = now()
      WHERE org = $1 AND finished_at IS NOT NULL AND (failure IS NULL OR updated_at < now() - interval '1 hour')`,
    [org],
  );
}

export interface MoveView {
  target: number;
  moved: number;
  total: number | null;
  startedAt: Date;
  finishedAt: Date | null;
  failure: string | null;
}

export async function readMove(db: Queryable, org: string): Promise<MoveView | null> {
  const { rows } = await db.query<MoveView>(
    `SELECT target, moved::float8 AS moved, total::float8 AS total, started_at AS "startedAt", finished_at AS "finishedAt", failure
       FROM key_moves WHERE org = $1`,
    [org],
  );
  return rows[0] ?? null;
}

/** How much each key wrapped, by the nine bytes that name it; kept answers of the API and sign-ins that were begun, which end within a day, among them. */
export async function countUses(db: Queryable, org: string): Promise<{ key: Buffer; uses: number }[]> {
  const parts = movedKinds.map((kind) => {
    const { table, column } = sources[kind];
    return `SELECT substring(${column} FROM 1 FOR 9) AS key FROM ${table} WHERE org = $1 AND ${column} IS NOT NULL`;
  });
  const answers = `SELECT decode(left(response ->> 'sealed', 12), 'base64') FROM idempotency_keys
    WHERE org = $1 AND response ->> 'sealed' IS NOT NULL`;
  const begun =
    "SELECT substring(attempt FROM 1 FOR 9) FROM mcp_sign_ins WHERE org = $1 AND attempt IS NOT NULL AND attempt_until > now()";
  const { rows } = await db.query<{ key: Buffer; uses: number }>(
    `SELECT key, count(*)::float8 AS uses FROM (${[...parts, answers, begun].join(" UNION ALL ")}) AS used (key) GROUP BY key`,
    [org],
  );
  return rows;
}

/** True while this holder re-encrypts. One that stopped renewing is replaced after `ms`. */
export async function holdEncryption(db: Queryable, holder: string, ms: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE encryption_lease SET holder = $1, until = now() + $2 * interval '1 millisecond'
     WHERE holder IS NOT DISTINCT FROM $1::uuid OR until < now()`,
    [holder, ms],
  );
  return (rowCount ?? 0) > 0;
}

export async function releaseEncryption(db: Queryable, holder: string): Promise<void> {
  await db.query("UPDATE encryption_lease SET holder = NULL, until = now() WHERE holder = $1", [holder]);
}

/** Has the next look wrap all keys of organizations anew. */
export async function wantRewrap(db: Queryable, wanted: boolean): Promise<void> {
  await db.query("UPDATE encryption_lease SET rewrap = $1", [wanted]);
}
