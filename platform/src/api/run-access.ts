import type { Queryable } from "../store/organization.ts";
import { NotFoundError } from "./errors.ts";

/** @throws NotFoundError when the caller's organization has no such run. */
export async function assertRun(db: Queryable, run: string): Promise<void> {
  const { rowCount } = await db.query("SELECT FROM runs WHERE id = $1", [run]);
  if (rowCount === 0) throw new NotFoundError();
}
