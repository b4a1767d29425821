import type { Queryable } from "../queryable.ts";

/** What a name used within its present window. */
export interface Points {
  total: number;
  /** Tells one window from the next; by the database's clock. */
  window: number;
  endsInMs: number;
}

interface Row {
  total: string;
  ends: Date;
  ends_in_ms: number;
}

/** Adds to what a name has used, atomically for all who do; a window begins with the first points after the last one's end. */
export async function countPoints(
  db: Queryable,
  { name, points, seconds }: { name: Buffer; points: number; seconds: number },
): Promise<Points> {
  const { rows } = await db.query<Row>({
    name: "count-points",
    text: "SELECT * FROM count_points($1, $2, $3)",
    values: [name, points, seconds],
  });
  const row = rows[0];
  if (row === undefined) throw new Error("The database counted nothing.");
  return pointsOf(row);
}

/** Null: nothing within a window that goes on. */
export async function lookAtPoints(db: Queryable, name: Buffer): Promise<Points | null> {
  const { rows } = await db.query<{ [Key in keyof Row]: Row[Key] | null }>("SELECT * FROM look_at_points($1)", [name]);
  const { total = null, ends = null, ends_in_ms = null } = rows[0] ?? {};
  return total === null || ends === null || ends_in_ms === null ? null : pointsOf({ total, ends, ends_in_ms });
}

export async function forgetPoints(db: Queryable, name: Buffer): Promise<void> {
  await db.query("SELECT forget_points($1)", [name]);
}

export async function sweepPoints(db: Queryable): Promise<void> {
  await db.query("SELECT sweep_points()");
}

function pointsOf({ total, ends, ends_in_ms: endsInMs }: Row): Points {
  return { total: Number(total), window: ends.getTime(), endsInMs };
}
