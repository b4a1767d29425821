import type { Measure } from "../../domain/limits/budget.ts";
import type { Queryable } from "../queryable.ts";
import type { BreakerPlace } from "./permits.ts";

export interface LimitRule {
  id: string;
  org: string;
  kind: "rate" | "concurrency";
  tool: string | null;
  connection: string | null;
  project: string | null;
  environment: string | null;
}

export interface BudgetRule {
  id: string;
  org: string;
  measure: Measure;
  project: string | null;
  agent: string | null;
  run: string | null;
  eachRun: boolean;
}

/** All that workers must know of definitions to tell which attempts they cover. */
export interface LimitRules {
  version: number;
  limits: LimitRule[];
  budgets: BudgetRule[];
  /** Those that aren't closed. */
  breakers: (BreakerPlace & { id: string })[];
  connections: { org: string; name: string; project: string | null; environment: string | null }[];
}

export async function readLimitRules(db: Queryable): Promise<LimitRules> {
  const { rows } = await db.query<{ rules: LimitRules }>({
    name: "limit-rules",
    text: `SELECT json_build_object(
        'version', (SELECT n FROM rules_version),
        'limits', COALESCE((SELECT json_agg(json_build_object('id', id, 'org', org, 'kind', kind, 'tool', tool,
          'connection', connection, 'project', project, 'environment', environment) ORDER BY id) FROM limits), '[]'),
        'budgets', COALESCE((SELECT json_agg(json_build_object('id', id, 'org', org, 'measure', measure, 'project', project,
          'agent', agent, 'run', run, 'eachRun', each_run) ORDER BY id) FROM budgets WHERE covers = 'steps'), '[]'),
        'breakers', COALESCE((SELECT json_agg(json_build_object('id', id, 'org', org, 'connection', connection,
          'project', project, 'environment', environment)) FROM breakers WHERE state <> 'closed'), '[]'),
        'connections', COALESCE((SELECT json_agg(json_build_object('org', org, 'name', name, 'project', project,
          'environment', environment)) FROM connections), '[]')) AS rules`,
    values: [],
  });
  const rules = rows[0]?.rules;
  if (!rules) throw new Error("The rules of limits could not be read.");
  return rules;
}
