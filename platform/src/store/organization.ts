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
  return inTransaction(pool, work, `BEGIN; ${naming(org)}`, commit);
}

/** Like `inOrganization`, for what only reads: all its statements see what was there when the first one began. */
export async function inSnapshot<T>(pool: Pool, org: string, work: (tx: ClientBase) => Promise<T>): Promise<T> {
  return inTransaction(pool, work, `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${naming(org)}`);
}

/**
 * Like `inOrganization`, for what only reads, and where places are given for those of the organization only: projects by id,
 * `project/environment`, and `project/` for what belongs to the project as such.
 */
export async function inPlaces<T>(
  pool: Pool,
  { org, places }: { org: string; places: readonly string[] | null },
  work: (tx: ClientBase) => Promise<T>,
): Promise<T> {
  if (places === null) return inOrganization(pool, org, work);
  const list = ["none", ...places.filter(isPlace)].join();
  return inTransaction(pool, work, `BEGIN; ${naming(org)}; SET LOCAL gantry.places = '${list}'`);
}

/** In one round trip with what begins the transaction. The id is checked because SET takes no parameters. */
function naming(org: string): string {
  if (!uuid.test(org)) throw new TypeError("An organization's id is a UUID.");
  return `SET LOCAL gantry.org = '${org}'`;
}

function isPlace(place: string): boolean {
  const [project = "", environment = ""] = place.split("/", 2);
  return uuid.test(project) && /^[a-z0-9-]*$/.test(environment);
}
