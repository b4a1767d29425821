import { canonicalJson, digestOf, touchesWorld, type Json, type Plan } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

/** Remembers what a tainted plan would change. @see taintOfSame */
export async function noteProposedPlan(
  db: Queryable,
  { org, run, plan }: { org: string; run: string; plan: Plan },
): Promise<void> {
  const digest = digestOfChanges(plan);
  if (digest === null || plan.tainted === undefined) return;
  await db.query(
    `INSERT INTO proposed_plans (org, digest, run_id, tainted) VALUES ($1, $2, $3, $4)
     ON CONFLICT (org, digest, run_id) DO NOTHING`,
    [org, digest, run, plan.tainted],
  );
}

/** The taint of plans that agents proposed and that change the very same. */
export async function taintOfSame(db: Queryable, { org, plan }: { org: string; plan: Plan }): Promise<string[]> {
  const digest = digestOfChanges(plan);
  if (digest === null) return [];
  const { rows } = await db.query<{ tainted: string[] }>(
    "SELECT tainted FROM proposed_plans WHERE org = $1 AND digest = $2 ORDER BY run_id LIMIT 100",
    [org, digest],
  );
  return [...new Set(rows.flatMap(({ tainted }) => tainted))];
}

/** Whatever goal, environment, order or titles it is submitted with, and whatever it looks at besides. Null: it changes nothing. */
function digestOfChanges({ steps, tools }: Plan): string | null {
  const changing = new Set(tools.filter(({ effect }) => touchesWorld(effect)).map(({ name }) => name));
  const changes = steps.flatMap((step): Json[] => {
    switch (step.kind) {
      case "tool":
        return changing.has(step.tool) ? [[step.tool, step.input, step.each ?? null]] : [];
      case "run":
        return [[step.runbook, step.parameters, step.each ?? null]];
      case "wait":
        return [];
      default:
        return step satisfies never;
    }
  });
  return changes.length === 0 ? null : digestOf(changes.map((one) => canonicalJson(one)).toSorted());
}
