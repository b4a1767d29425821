import type { Actor, Json, JsonObject } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

export interface QuestionRow {
  id: string;
  run: string;
  step: string;
  project: string;
  environment: string;
  agent: string | null;
  text: string;
  schema: JsonObject;
  group: string | null;
  askedAt: Date;
  expiresAt: Date;
  /** Its time is over, and nobody answered. */
  expired: boolean;
  answer: Json;
  answeredBy: Actor | null;
  answeredAt: Date | null;
  /** The run has ended. */
  over: boolean;
}

const columns = `q.id, q.run_id AS run, q.step, p.name AS project, q.environment, q.agent, q.text, q.schema, q."group", q.asked_at AS "askedAt",
  q.expires_at AS "expiresAt", q.answered_at IS NULL AND q.expires_at <= now() AS expired, q.answer, q.answered_by AS "answeredBy",
  q.answered_at AS "answeredAt", r.finished_at IS NOT NULL AS over`;
const from = "questions q JOIN projects p ON p.org = q.org AND p.id = q.project JOIN runs r ON r.id = q.run_id";

export interface NewQuestion {
  org: string;
  id: string;
  project: string;
  environment: string;
  run: string;
  step: string;
  agent: string | null;
  text: string;
  schema: JsonObject;
  group: string | null;
  timeoutMs: number;
}

/** Asks, or finds what was asked before under that id. */
export async function openQuestion(db: Queryable, one: NewQuestion): Promise<QuestionRow> {
  const { org, id, project, environment, run, step, agent, text, schema, group, timeoutMs } = one;
  await db.query(
    `INSERT INTO questions (org, id, project, environment, run_id, step, agent, text, schema, "group", expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + $11 * interval '1 millisecond') ON CONFLICT DO NOTHING`,
    [org, id, project, environment, run, step, agent, text, JSON.stringify(schema), group, timeoutMs],
  );
  const found = await findQuestion(db, org, id);
  if (found === null) throw new Error(`Question ${id} can't be found.`);
  return found;
}

export async function findQuestion(db: Queryable, org: string, id: string): Promise<QuestionRow | null> {
  const { rows } = await db.query<QuestionRow>(`SELECT ${columns} FROM ${from} WHERE q.org = $1 AND q.id = $2`, [
    org,
    id,
  ]);
  return rows[0] ?? null;
}

/** Those that somebody can still answer. */
export async function openQuestions(db: Queryable, org: string, run: string | null): Promise<QuestionRow[]> {
  const { rows } = await db.query<QuestionRow>(
    `SELECT ${columns} FROM ${from} WHERE q.org = $1 AND ($2::uuid IS NULL OR q.run_id = $2) AND q.answered_at IS NULL
       AND q.expires_at > now() AND r.finished_at IS NULL ORDER BY q.asked_at, q.id LIMIT 200`,
    [org, run],
  );
  return rows;
}

/** Once: false when somebody was first, or its time is over. */
export async function answerQuestion(
  db: Queryable,
  { org, id, answer, actor }: { org: string; id: string; answer: Json; actor: Actor },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE questions SET answer = $3, answered_by = $4, answered_at = now()
      WHERE org = $1 AND id = $2 AND answered_at IS NULL AND expires_at > now()`,
    [org, id, JSON.stringify(answer), JSON.stringify(actor)],
  );
  return rowCount === 1;
}

/** Whoever asks again asks anew. */
export async function dropQuestion(db: Queryable, org: string, id: string): Promise<void> {
  await db.query("DELETE FROM questions WHERE org = $1 AND id = $2", [org, id]);
}
