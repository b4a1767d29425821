import type { Actor } from "@gantry/sdk";
import type { RestoreView } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

/** The last restore, of all organizations. */
export async function readRestore(db: Queryable): Promise<RestoreView["restored"]> {
  const { rows } = await db.query<{ report: RestoreView["restored"] }>("SELECT restore_report() AS report");
  const report = rows[0]?.report ?? null;
  if (report === null) return null;
  const { takenAt, restoredAt, resumedAt, ...rest } = report;
  return { ...rest, takenAt: iso(takenAt), restoredAt: iso(restoredAt), resumedAt: resumedAt && iso(resumedAt) };
}

function iso(time: string): string {
  return new Date(time).toISOString();
}

/** @returns false when no restore stopped anything. Send `workChannel` after the commit. */
export async function resumeRestored(db: Queryable, actor: Actor): Promise<boolean> {
  const { rows } = await db.query<{ resumed: boolean }>("SELECT resume_restored($1) AS resumed", [
    JSON.stringify(actor),
  ]);
  return rows[0]?.resumed === true;
}
