import type { Queryable } from "../queryable.ts";

/** Who signed in to a server, without what it is done with. */
export interface McpSignIn {
  by: string | null;
  at: string | null;
  issuer: string | null;
  scope: string | null;
  endsAt: string | null;
  renews: boolean;
  /** Why somebody has to sign in again. `refused`: the last attempt to came to nothing. */
  problem: "ended" | "scope" | "refused" | null;
  /** What the tokens can't be used for, by `scope`. */
  lacks: string | null;
  /** Until when a sign-in that was begun can be brought to its end; null: none was. */
  begunUntil: string | null;
}

/** To be read with the alias `i` for `mcp_sign_ins`; null where nobody ever signed in. */
export const signInColumn = `CASE WHEN i.org IS NULL THEN NULL ELSE json_build_object('by', i.actor, 'at', i.signed_in_at, 'issuer', i.issuer,
  'scope', i.scope, 'endsAt', i.ends_at, 'renews', i.renews, 'problem', i.problem, 'lacks', i.lacks,
  'begunUntil', CASE WHEN i.attempt_until > now() THEN i.attempt_until END) END AS "signIn"`;

interface Place {
  org: string;
  server: string;
}

export interface NewAttempt extends Place {
  state: Buffer;
  person: string;
  actor: string;
  sealed: Buffer;
  lifeMs: number;
}

/** One at a time: who begins anew, or somebody else, ends the one before. */
export async function beginMcpSignIn(db: Queryable, one: NewAttempt): Promise<Date> {
  const { rows } = await db.query<{ until: Date }>(
    `INSERT INTO mcp_sign_ins AS i (org, server, attempt_state, attempt_person, attempt_by, attempt, attempt_until)
     VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 millisecond')
     ON CONFLICT (org, server) DO UPDATE SET attempt_state = excluded.attempt_state, attempt_person = excluded.attempt_person,
       attempt_by = excluded.attempt_by, attempt = excluded.attempt, attempt_until = excluded.attempt_until,
       problem = nullif(i.problem, 'refused')
     RETURNING attempt_until AS until`,
    [one.org, one.server, one.state, one.person, one.actor, one.sealed, one.lifeMs],
  );
  return rows[0]?.until ?? new Date(0);
}

export interface TakenAttempt extends Place {
  actor: string;
  sealed: Buffer;
}

/** What was begun by this person with this state, once. Nobody else's is found by it, nor ended. It counts as begun until something came of it. */
export async function takeMcpAttempt(db: Queryable, state: Buffer, person: string): Promise<TakenAttempt | null> {
  const { rows } = await db.query<TakenAttempt>(
    `WITH found AS (SELECT org, server, attempt_by AS actor, attempt AS sealed FROM mcp_sign_ins
       WHERE attempt_state = $1 AND attempt_person = $2 AND attempt_until > now() FOR UPDATE),
     gone AS (UPDATE mcp_sign_ins i SET attempt_state = NULL, attempt_person = NULL, attempt_by = NULL, attempt = NULL
       FROM found WHERE i.org = found.org AND i.server = found.server)
     SELECT * FROM found`,
    [state, person],
  );
  return rows[0] ?? null;
}

/** Those that nobody ended in time: what they were begun with is good for nothing. @returns how many there were. */
export async function forgetOldMcpAttempts(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE mcp_sign_ins SET attempt_state = NULL, attempt_person = NULL, attempt_by = NULL, attempt = NULL, attempt_until = NULL
     WHERE attempt_until < now()`,
  );
  return rowCount ?? 0;
}

/** What is known of tokens besides themselves. */
export interface TokenFacts {
  sealed: Buffer;
  issuer: string;
  scope: string | null;
  endsAt: Date | null;
  renews: boolean;
}

export async function putMcpTokens(db: Queryable, one: Place & TokenFacts & { actor: string }): Promise<void> {
  await db.query(
    `UPDATE mcp_sign_ins SET tokens = $3, issuer = $4, scope = $5, ends_at = $6, renews = $7, actor = $8, signed_in_at = now(),
       problem = NULL, lacks = NULL, renewing = NULL, renewing_until = NULL,
       attempt_until = CASE WHEN attempt IS NOT NULL THEN attempt_until END WHERE org = $1 AND server = $2`,
    [one.org, one.server, one.sealed, one.issuer, one.scope, one.endsAt, one.renews, one.actor],
  );
}

export interface StoredTokens {
  sealed: Buffer | null;
  problem: McpSignIn["problem"];
  lacks: string | null;
}

export async function readMcpTokens(db: Queryable, { org, server }: Place): Promise<StoredTokens | null> {
  const { rows } = await db.query<StoredTokens>({
    name: "mcp-tokens",
    text: "SELECT tokens AS sealed, problem, lacks FROM mcp_sign_ins WHERE org = $1 AND server = $2",
    values: [org, server],
  });
  return rows[0] ?? null;
}

/**
 * The tokens, for one who alone may renew them for a while: a token to renew by is good for once.
 * @returns null while somebody else does, or when there are none.
 */
export async function holdMcpTokens(
  db: Queryable,
  { org, server }: Place,
  { holder, ms }: { holder: string; ms: number },
): Promise<Buffer | null> {
  const { rows } = await db.query<{ sealed: Buffer }>(
    `UPDATE mcp_sign_ins SET renewing = $3, renewing_until = now() + $4 * interval '1 millisecond'
     WHERE org = $1 AND server = $2 AND tokens IS NOT NULL AND problem IS DISTINCT FROM 'ended'
       AND (renewing_until IS NULL OR renewing_until < now()) RETURNING tokens AS sealed`,
    [org, server, holder, ms],
  );
  return rows[0]?.sealed ?? null;
}

/** By whoever holds them, and lets go; what somebody signed in for meanwhile stays. */
export async function renewMcpTokens(
  db: Queryable,
  { org, server, holder, sealed, scope, endsAt, renews }: Place & { holder: string } & Omit<TokenFacts, "issuer">,
): Promise<void> {
  await db.query(
    `UPDATE mcp_sign_ins SET tokens = $4, scope = $5, ends_at = $6, renews = $7, renewing = NULL, renewing_until = NULL
     WHERE org = $1 AND server = $2 AND renewing = $3`,
    [org, server, holder, sealed, scope, endsAt, renews],
  );
}

/** Lets go of them. `ended`: they are good for nothing any more, and go. */
export async function releaseMcpTokens(
  db: Queryable,
  { org, server }: Place,
  holder: string,
  { ended }: { ended: boolean },
): Promise<void> {
  await db.query(
    `UPDATE mcp_sign_ins SET renewing = NULL, renewing_until = NULL, tokens = CASE WHEN $4 THEN NULL ELSE tokens END,
       renews = renews AND NOT $4, problem = CASE WHEN $4 THEN 'ended' ELSE problem END WHERE org = $1 AND server = $2 AND renewing = $3`,
    [org, server, holder, ended],
  );
}

/** Why somebody has to sign in again, whoever holds the tokens. */
export async function noteMcpSignIn(
  db: Queryable,
  { org, server }: Place,
  { problem, lacks = null }: { problem: "scope" | "refused"; lacks?: string | null },
): Promise<void> {
  await db.query(
    `UPDATE mcp_sign_ins SET problem = CASE WHEN $3 = 'refused' THEN coalesce(problem, $3) ELSE $3 END, lacks = coalesce($4, lacks),
       attempt_until = CASE WHEN $3 <> 'refused' OR attempt IS NOT NULL THEN attempt_until END
     WHERE org = $1 AND server = $2`,
    [org, server, problem, lacks],
  );
}

/** @returns the tokens that were there, so that their authorization server can be told. */
export async function eraseMcpSignIn(db: Queryable, { org, server }: Place): Promise<Buffer | null> {
  const { rows } = await db.query<{ sealed: Buffer | null }>(
    "DELETE FROM mcp_sign_ins WHERE org = $1 AND server = $2 RETURNING tokens AS sealed",
    [org, server],
  );
  return rows[0]?.sealed ?? null;
}
