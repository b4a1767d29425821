import type { Json } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

export async function readPreferences(db: Queryable, org: string, actor: string): Promise<Record<string, Json>> {
  const { rows } = await db.query<{ name: string; value: Json }>(
    "SELECT name, value FROM actor_preferences WHERE org = $1 AND actor = $2 ORDER BY name",
    [org, actor],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

export async function putPreference(
  db: Queryable,
  { org, actor, name, text }: { org: string; actor: string; name: string; text: string },
): Promise<void> {
  await db.query(
    `INSERT INTO actor_preferences (org, actor, name, value) VALUES ($1, $2, $3, $4)
      ON CONFLICT (org, actor, name) DO UPDATE SET value = excluded.value, updated_at = now()`,
    [org, actor, name, text],
  );
}

export async function removePreference(db: Queryable, org: string, actor: string, name: string): Promise<void> {
  await db.query("DELETE FROM actor_preferences WHERE org = $1 AND actor = $2 AND name = $3", [org, actor, name]);
}
