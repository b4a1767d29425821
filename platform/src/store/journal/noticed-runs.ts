import type { Queryable } from "../queryable.ts";

/** What is said of a run besides what happened to it. */
export interface NoticedRun {
  id: string;
  goal: string;
  runbook: string | null;
  /** Name and id. */
  project: string;
  projectId: string;
  environment: string;
  requester: string;
}

export async function readNoticedRuns(db: Queryable, org: string, ids: readonly string[]): Promise<NoticedRun[]> {
  const { rows } = await db.query<NoticedRun>({
    name: "noticed-runs",
    text: `SELECT r.id, r.goal, r.runbook, p.name AS project, r.project AS "projectId", r.environment,
        r.actor_name AS requester
      FROM runs r JOIN projects p ON p.id = r.project WHERE r.org = $1 AND r.id = ANY ($2::uuid[])`,
    values: [org, ids],
  });
  return rows;
}

/** Where people and programs reach the API, as it said when it started last. */
export async function readInstallationUrl(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ value: string }>("SELECT value FROM installation WHERE key = 'url'");
  return rows[0]?.value ?? "http://127.0.0.1:4680";
}
