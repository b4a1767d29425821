import { createUuidV7 } from "../../platform/src/lib/uuid-v7.ts";
import { createRun } from "../../platform/src/store/journal/create-run.ts";
import type { Digest, Plan } from "@gantry/sdk";
import type pg from "pg";

/** Puts runs of one plan into the queue, past the API. Resolves to their ids. */
export async function insertRuns(
  db: pg.Pool,
  { plan, digest, count }: { plan: Plan; digest: Digest; count: number },
): Promise<string[]> {
  const { rows } = await db.query<{ org: string; project: string; id: string; name: string }>(
    `SELECT p.org, p.id AS project, a.id, a.name FROM projects p JOIN actors a ON a.org = p.org AND a.name = 'administrator'
     WHERE p.name = 'default'`,
  );
  const [found] = rows;
  if (!found) throw new Error("The installation has no project.");
  const { org, project, id, name } = found;
  const newId = createUuidV7();
  const ids = Array.from({ length: count }, newId);
  const requester = { kind: "user" as const, id, name };
  await Promise.all(
    ids.map((run) =>
      createRun(db, {
        id: run,
        org,
        project,
        plan,
        planDigest: digest,
        requester,
        priority: 0,
        parent: null,
        at: Date.now(),
        queueLimit: null,
      }),
    ),
  );
  return ids;
}
