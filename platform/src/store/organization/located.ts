import type { Located } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

/** Where something lies: ids; null stands for the organization, or the project as such. */
export interface Location {
  project: string | null;
  environment: string | null;
  /** Of a run. */
  requester?: string;
}

const byTable = (table: string, key = "id") => `SELECT project, environment FROM ${table} WHERE ${key} = $1`;
const queries: Record<Located, string> = {
  run: "SELECT project, environment, actor AS requester FROM runs WHERE id = $1",
  goal: byTable("goals"),
  trigger: byTable("triggers"),
  limit: byTable("limits"),
  breaker: byTable("breakers"),
  subscription: byTable("subscriptions", "name"),
  freeze: byTable("freezes"),
  roleBinding: byTable("role_bindings"),
  breakGlass: byTable("break_glass"),
  memory: byTable("memories"),
  question: byTable("questions"),
  modelCall: byTable("model_calls"),
  // Over as many places as its filter covers; the command's own action is decided for each of them.
  bulkAction: `SELECT p.id AS project, b.filter ->> 'environment' AS environment FROM bulk_actions b
    LEFT JOIN projects p ON p.org = b.org AND p.name = b.filter ->> 'project' WHERE b.id = $1`,
};

/** Null when the organization of the transaction has no such thing. */
export async function locate(db: Queryable, kind: Located, id: string): Promise<Location | null> {
  const { rows } = await db.query<Location>({ name: `locate-${kind}`, text: queries[kind], values: [id] });
  return rows[0] ?? null;
}
