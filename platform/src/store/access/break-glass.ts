import type { BreakGlassRole } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

interface Who {
  id: string;
  name: string;
}

export interface BreakGlassRow {
  id: string;
  actor: Who;
  role: BreakGlassRole;
  project: string;
  projectName: string;
  environment: string | null;
  reason: string;
  proof: "totp" | "session" | null;
  openedAt: Date;
  /** The same to the microsecond, for the next page. */
  at: string;
  expiresAt: Date;
  endedAt: Date | null;
  endedBy: Who | null;
  reviewedAt: Date | null;
  reviewedBy: Who | null;
  review: string | null;
  open: boolean;
}

const named = (column: string) =>
  `(SELECT json_build_object('id', w.id, 'name', w.name) FROM actors w WHERE w.id = g.${column})`;
const isOpen = "g.ended_at IS NULL AND g.expires_at > now()";
const select = `SELECT g.id, ${named("actor")} AS actor, g.role, g.project, p.name AS "projectName", g.environment, g.reason, g.proof,
    g.opened_at AS "openedAt", g.opened_at::text AS at, g.expires_at AS "expiresAt", g.ended_at AS "endedAt",
    ${named("ended_by")} AS "endedBy", g.reviewed_at AS "reviewedAt", ${named("reviewed_by")} AS "reviewedBy", g.review, ${isOpen} AS open
  FROM break_glass g JOIN projects p ON p.id = g.project WHERE g.org = $1`;

export interface NewBreakGlass {
  org: string;
  id: string;
  actor: string;
  role: BreakGlassRole;
  project: string;
  environment: string | null;
  reason: string;
  proof: "totp" | "session" | null;
  minutes: number;
}

export async function openBreakGlass(db: Queryable, one: NewBreakGlass): Promise<void> {
  await db.query(
    `INSERT INTO break_glass (org, id, actor, role, project, environment, reason, proof, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(mins => $9))`,
    [one.org, one.id, one.actor, one.role, one.project, one.environment, one.reason, one.proof, one.minutes],
  );
}

export async function findBreakGlass(db: Queryable, org: string, id: string): Promise<BreakGlassRow | null> {
  return (await db.query<BreakGlassRow>(`${select} AND g.id = $2`, [org, id])).rows[0] ?? null;
}

/** Newest first, behind a position. `open` null: both. */
export async function listBreakGlass(
  db: Queryable,
  org: string,
  { open, before, limit }: { open: boolean | null; before: { at: string; id: string } | null; limit: number },
): Promise<BreakGlassRow[]> {
  const { rows } = await db.query<BreakGlassRow>(
    `${select} AND ($2::boolean IS NULL OR (${isOpen}) = $2)
       AND ($3::timestamptz IS NULL OR (g.opened_at, g.id) < ($3::timestamptz, $4::uuid))
     ORDER BY g.opened_at DESC, g.id DESC LIMIT $5`,
    [org, open, before?.at ?? null, before?.id ?? null, limit],
  );
  return rows;
}

/** What an actor holds now. */
export async function openBreakGlassOf(db: Queryable, org: string, actor: string): Promise<BreakGlassRow[]> {
  return (await db.query<BreakGlassRow>(`${select} AND g.actor = $2 AND ${isOpen} ORDER BY g.opened_at`, [org, actor]))
    .rows;
}

/** @returns false when it was over already. */
export async function endBreakGlass(db: Queryable, org: string, id: string, by: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE break_glass g SET ended_at = now(), ended_by = $3 WHERE g.org = $1 AND g.id = $2 AND ${isOpen}`,
    [org, id, by],
  );
  return rowCount === 1;
}

/** By another human than who opened it, once, when it is over. @returns false when nothing was changed. */
export async function reviewBreakGlass(
  db: Queryable,
  { org, id, by, comment }: { org: string; id: string; by: string; comment: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE break_glass g SET reviewed_at = now(), reviewed_by = $3, review = $4
      WHERE g.org = $1 AND g.id = $2 AND g.reviewed_at IS NULL AND NOT (${isOpen})
        AND NOT EXISTS (SELECT FROM actors o, actors r WHERE o.id = g.actor AND r.id = $3 AND human_of(o) = human_of(r))`,
    [org, id, by, comment],
  );
  return rowCount === 1;
}

export async function isSameHuman(db: Queryable, one: string, other: string): Promise<boolean> {
  const { rowCount } = await db.query(
    "SELECT FROM actors a, actors b WHERE a.id = $1 AND b.id = $2 AND human_of(a) = human_of(b)",
    [one, other],
  );
  return rowCount === 1;
}
