import type { JsonObject } from "@gantry/sdk";
import type { RunStatus } from "@gantry/sdk/core";
import type { Queryable } from "../organization.ts";

export interface NewGoal {
  id: string;
  org: string;
  project: string;
  environment: string;
  actor: { id: string; name: string };
  text: string;
  runbook: string;
  parameters: JsonObject;
  checks: readonly unknown[];
  confidence: number;
}

export interface GoalRow {
  id: string;
  project: string;
  environment: string;
  actor: string;
  actorName: string;
  text: string;
  runbook: string;
  parameters: JsonObject;
  checks: unknown[];
  status: "open" | "met" | "abandoned";
  runs: { id: string; status: RunStatus; createdAt: string }[];
  createdAt: Date;
  abandoned: { at: string; by: { id: string; name: string }; reason: string } | null;
}

export interface GoalFilter {
  status: string | null;
  project: string | null;
  environment: string | null;
}

/** The last goal of a page; times to the microsecond. */
export interface GoalPosition {
  createdAt: string;
  id: string;
}

/** @returns false when the goal was there already. */
export async function insertGoal(db: Queryable, goal: NewGoal): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO goals (org, id, project, environment, actor, actor_name, text, runbook, parameters, checks, confidence)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
    [
      goal.org,
      goal.id,
      goal.project,
      goal.environment,
      goal.actor.id,
      goal.actor.name,
      goal.text,
      goal.runbook,
      JSON.stringify(goal.parameters),
      JSON.stringify(goal.checks),
      goal.confidence,
    ],
  );
  return rowCount === 1;
}

/** Notes that a run was started for a goal. */
export async function insertGoalRun(db: Queryable, link: { org: string; goal: string; run: string }): Promise<void> {
  await db.query("INSERT INTO goal_runs (org, goal, run) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
    link.org,
    link.goal,
    link.run,
  ]);
}

const selected = `SELECT g.id, p.name AS project, g.environment, g.actor, g.actor_name AS "actorName", g.text, g.runbook,
    g.parameters, g.checks, g.created_at AS "createdAt", g.abandoned, g.created_at::text AS at,
    COALESCE(r.runs, '[]'::json) AS runs,
    CASE WHEN g.abandoned IS NOT NULL THEN 'abandoned' WHEN r.met THEN 'met' ELSE 'open' END AS status
  FROM goals g JOIN projects p ON p.id = g.project
  LEFT JOIN LATERAL (
    SELECT bool_or(r.status = 'succeeded') AS met,
      json_agg(json_build_object('id', r.id, 'status', r.status, 'createdAt', r.created_at) ORDER BY r.created_at DESC, r.id DESC) AS runs
    FROM goal_runs l JOIN runs r ON r.id = l.run WHERE l.org = g.org AND l.goal = g.id) r ON true`;

/** Goals of the transaction's organization, newest first, behind a position. */
/** A run that was made from another one is for the same goal. */
export async function inheritGoal(db: Queryable, from: string, run: string): Promise<void> {
  await db.query(
    "INSERT INTO goal_runs (org, goal, run) SELECT org, goal, $2 FROM goal_runs WHERE run = $1 ON CONFLICT DO NOTHING",
    [from, run],
  );
}

export async function listGoals(
  db: Queryable,
  org: string,
  filter: GoalFilter,
  after: GoalPosition | null,
  limit: number,
): Promise<{ row: GoalRow; position: GoalPosition }[]> {
  const { rows } = await db.query<GoalRow & { at: string }>(
    `SELECT * FROM (${selected} WHERE g.org = $1 AND ($3::text IS NULL OR p.name = $3) AND ($4::text IS NULL OR g.environment = $4)
        AND ($5::timestamptz IS NULL OR (g.created_at, g.id) < ($5::timestamptz, $6::uuid))) found
      WHERE $2::text IS NULL OR status = $2 ORDER BY "createdAt" DESC, id DESC LIMIT $7`,
    [org, filter.status, filter.project, filter.environment, after?.createdAt ?? null, after?.id ?? null, limit],
  );
  return rows.map(({ at, ...row }) => ({ row, position: { createdAt: at, id: row.id } }));
}

export async function findGoal(db: Queryable, org: string, id: string): Promise<GoalRow | null> {
  const { rows } = await db.query<GoalRow>(`${selected} WHERE g.org = $1 AND g.id = $2`, [org, id]);
  return rows[0] ?? null;
}

/** The first word counts: abandoning it again changes nothing. */
export async function abandonGoal(
  db: Queryable,
  org: string,
  id: string,
  abandoned: NonNullable<GoalRow["abandoned"]>,
): Promise<void> {
  await db.query("UPDATE goals SET abandoned = $3 WHERE org = $1 AND id = $2 AND abandoned IS NULL", [
    org,
    id,
    JSON.stringify(abandoned),
  ]);
}
