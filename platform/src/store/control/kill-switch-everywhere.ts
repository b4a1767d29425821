import type { Actor } from "@gantry/sdk";
import type { Queryable } from "../organization.ts";

/**
 * Stops every organization. The API's role may write rows of one organization only, so functions of the migrator do
 * it; whether the caller may is checked before.
 */
export async function setEverywhere(db: Queryable, set: { id: string; reason: string; actor: Actor }): Promise<void> {
  await db.query("SELECT set_kill_switch_everywhere($1, $2, $3)", [set.id, set.reason, JSON.stringify(set.actor)]);
}

/** Lifts what stops every organization and wakes the runs that it halted. */
export async function liftEverywhere(db: Queryable): Promise<void> {
  await db.query("SELECT lift_kill_switch_everywhere()");
}
