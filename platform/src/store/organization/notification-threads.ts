import type { Queryable } from "../queryable.ts";

interface Place {
  org: string;
  subscription: string;
  run: string;
}

/** The chat message that stands for a run. */
export async function readThread(
  db: Queryable,
  { org, subscription, run }: Place,
): Promise<{ channel: string; message: string } | null> {
  const { rows } = await db.query<{ channel: string; message: string }>({
    name: "notification-thread",
    text: "SELECT channel, message FROM notification_threads WHERE org = $1 AND subscription = $2 AND run_id = $3",
    values: [org, subscription, run],
  });
  return rows[0] ?? null;
}

export async function writeThread(
  db: Queryable,
  { org, subscription, run }: Place,
  { channel, message }: { channel: string; message: string },
): Promise<void> {
  await db.query({
    name: "notification-thread-write",
    text: `INSERT INTO notification_threads (org, subscription, run_id, channel, message) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (org, subscription, run_id)
        DO UPDATE SET channel = excluded.channel, message = excluded.message, updated_at = now()`,
    values: [org, subscription, run, channel, message],
  });
}
