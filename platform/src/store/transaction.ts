import type { ClientBase, Pool } from "pg";

/**
 * Runs `work` in a transaction. Keep it short and await nothing but the database in it: an open transaction holds back
 * every reader of the organizations' feeds.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (tx: ClientBase) => Promise<T>,
  begin: string = "BEGIN",
  commit: (client: ClientBase) => Promise<unknown> = (client) => client.query("COMMIT"),
): Promise<T> {
  const client = await pool.connect();
  let broken: unknown;
  // Without a listener a connection that breaks here would end the process, besides failing the query.
  const onError = (error: unknown) => (broken = error);
  client.on("error", onError);
  try {
    await client.query(begin);
    const result = await work(client);
    await commit(client);
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch((cause: unknown) => (broken = cause));
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken !== undefined);
  }
}

/**
 * Commits without waiting for the disk: seen by everybody at once, lost only with the database itself, and with all that was committed in the
 * fraction of a second before. Whatever is committed later and does wait is never there without it.
 */
export const commitSoon = (client: ClientBase): Promise<unknown> =>
  client.query("SET LOCAL synchronous_commit = off; COMMIT");
