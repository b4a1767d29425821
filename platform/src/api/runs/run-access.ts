import type { GantryError } from "@gantry/sdk";
import { archivedAt } from "../../store/records/archive.ts";
import type { Queryable } from "../../store/organization.ts";
import { NotFoundError, RunArchivedError } from "../errors.ts";

/** @throws NotFoundError, RunArchivedError when the caller's organization has no such run (any more). */
export async function assertRun(db: Queryable, run: string): Promise<void> {
  const { rowCount } = await db.query("SELECT FROM runs WHERE id = $1", [run]);
  if (rowCount === 0) throw await missingRun(db, run);
}

/** What to say of a run that isn't there. */
export async function missingRun(db: Queryable, run: string): Promise<GantryError> {
  return (await archivedAt(db, run)) === null ? new NotFoundError() : new RunArchivedError(run);
}
