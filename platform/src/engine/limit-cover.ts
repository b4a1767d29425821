import type { Operation } from "@gantry/sdk";
import type { BudgetRule, LimitRule, LimitRules } from "../store/journal/limit-rules.ts";
import type { BreakerPlace } from "../store/journal/permits.ts";

/** What an attempt is to limits. */
export interface Attempted {
  run: string;
  org: string;
  project: string;
  environment: string;
  operation: Operation;
  agent: string;
  tool: string;
  connections: readonly string[];
}

export interface Cover {
  limits: string[];
  budgets: { id: string; org: string; subject: string }[];
  breakers: string[];
}

/** The definitions as last read, made for one question: what covers this attempt? */
export interface LimitCover {
  readonly version: number;
  /** Null for nothing, which is what nearly every attempt is told. */
  of(attempt: Attempted): Cover | null;
  /** Which of the connections of that name it is: the nearest that is set up, else the environment's own. */
  placeOf(attempt: Pick<Attempted, "org" | "project" | "environment">, connection: string): BreakerPlace;
  /** True while the organization has none: then nobody needs to ask. */
  isFree(org: string): boolean;
}

interface OfOrganization {
  limits: LimitRule[];
  budgets: BudgetRule[];
  breakers: LimitRules["breakers"];
}

/** The subject of a budget that isn't each run's own. */
const everybody = "00000000-0000-0000-0000-000000000000";

export function createLimitCover(rules: LimitRules): LimitCover {
  const organizations = new Map<string, OfOrganization>();
  const of = (org: string): OfOrganization => {
    let found = organizations.get(org);
    if (!found) organizations.set(org, (found = { limits: [], budgets: [], breakers: [] }));
    return found;
  };
  for (const rule of rules.limits) of(rule.org).limits.push(rule);
  for (const rule of rules.budgets) of(rule.org).budgets.push(rule);
  for (const breaker of rules.breakers) of(breaker.org).breakers.push(breaker);
  const connections = new Set(
    rules.connections.map(({ org, name, project, environment }) => keyOf(org, name, project, environment)),
  );

  const placeOf: LimitCover["placeOf"] = ({ org, project, environment }, connection) => {
    const place = { org, connection };
    if (connections.has(keyOf(org, connection, project, environment))) return { ...place, project, environment };
    if (connections.has(keyOf(org, connection, project, null))) return { ...place, project, environment: null };
    if (connections.has(keyOf(org, connection, null, null))) return { ...place, project: null, environment: null };
    return { ...place, project, environment };
  };

  return {
    version: rules.version,
    placeOf,
    isFree: (org) => !organizations.has(org),
    of: (attempt) => {
      const rulesOf = organizations.get(attempt.org);
      if (!rulesOf) return null;
      const limits = rulesOf.limits.filter((rule) => isOfLimit(rule, attempt)).map(({ id }) => id);
      const budgets = attempt.operation === "run" ? budgetsOf(rulesOf.budgets, attempt) : [];
      const breakers =
        rulesOf.breakers.length === 0
          ? []
          : attempt.connections.flatMap((name) => {
              const place = placeOf(attempt, name);
              return rulesOf.breakers.filter((one) => isSame(one, place)).map(({ id }) => id);
            });
      return limits.length + budgets.length + breakers.length === 0 ? null : { limits, budgets, breakers };
    },
  };
}

export const noLimits = createLimitCover({ version: 0, limits: [], budgets: [], breakers: [], connections: [] });

function isOfLimit(rule: LimitRule, { operation, project, environment, tool, connections }: Attempted): boolean {
  // What it asks after may hold the very place that it would wait for.
  if (operation === "inspect" && rule.kind === "concurrency") return false;
  return (
    (rule.project === null || rule.project === project) &&
    (rule.environment === null || rule.environment === environment) &&
    (rule.tool === null || rule.tool === tool) &&
    (rule.connection === null || connections.includes(rule.connection))
  );
}

/** Only what a step does is paid for: looking, verifying and taking back are never refused for want of money. */
function budgetsOf(budgets: readonly BudgetRule[], { run, org, project, agent }: Attempted): Cover["budgets"] {
  return budgets
    .filter(
      (rule) =>
        (rule.project === null || rule.project === project) &&
        (rule.agent === null || rule.agent === agent) &&
        (rule.run === null || rule.run === run),
    )
    .map(({ id, eachRun }) => ({ id, org, subject: eachRun ? run : everybody }));
}

function isSame(one: BreakerPlace, other: BreakerPlace): boolean {
  return one.connection === other.connection && one.project === other.project && one.environment === other.environment;
}

function keyOf(org: string, name: string, project: string | null, environment: string | null): string {
  return JSON.stringify([org, name, project, environment]);
}
