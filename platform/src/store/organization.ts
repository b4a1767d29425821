import type { ClientBase, Pool } from "pg";

/** What runs one statement: a pool, or a client inside a transaction. */
export type Queryable = Pick<ClientBase, "query">;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Runs `work` in a transaction that row-level security limits to one organization. Keep it short and await nothing but
 * the database in it: an open transaction holds back every reader of the organizations' feeds.
 */
export async function inOrganization<T>(pool: Pool, org: string, work: (tx: ClientBase) => Promise<T>): Promise<T> {
  if (!uuid.test(org)) throw new TypeError("An organization's id is a UUID.");
  const client = await pool.connect();
  let broken: unknown;
  // Without a listener a connection that breaks here would end the process, besides failing the query.
  const onError = (error: unknown) => (broken = error);
  client.on("error", onError);
  try {
    // One round trip; the id was checked above because SET takes no parameters.
    await client.query(`BEGIN; SET LOCAL gantry.org = '${org}'`);
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch((cause: unknown) => (broken = cause));
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken !== undefined);
  }
}
