import type { ClientBase, Pool } from "pg";
import { inTransaction } from "./transaction.ts";

/** What runs one statement: a pool, or a client inside a transaction. */
export type Queryable = Pick<ClientBase, "query">;

/** Named by a transaction that works for the installation itself, and sees the rows of no organization. */
export const noOrganization = "00000000-0000-0000-0000-000000000000";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Runs `work` in a transaction that row-level security limits to one organization. Keep it short. */
export async function inOrganization<T>(
  pool: Pool,
  org: string,
  work: (tx: ClientBase) => Promise<T>,
  commit?: (client: ClientBase) => Promise<unknown>,
): Promise<T> {
  if (!uuid.test(org)) throw new TypeError("An organization's id is a UUID.");
  // One round trip; the id was checked above because SET takes no parameters.
  return inTransaction(pool, work, `BEGIN; SET LOCAL gantry.org = '${org}'`, commit);
}
