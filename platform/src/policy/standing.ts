import { readActorFacts } from "../store/access/actor-facts.ts";
import type { Queryable } from "../store/queryable.ts";
import { readRules } from "../store/control/rules.ts";
import { apiActions } from "./actions.ts";
import { createAuthorize, type AccessDecision, type ResourceFacts, type Subject } from "./authorize.ts";
import { createRulesCache, type Rules } from "./rules.ts";

/** What somebody may do now who asked for it before, and isn't there: by the roles and policies of this moment. */
export type FindStanding = (db: Queryable, who: Absent) => Promise<Standing>;

export interface Absent {
  org: string;
  actor: string;
  /** What they asked with; a trigger's owner asks with nothing. */
  credential: Subject["credential"];
  /** Whether what they took by break-glass counts. */
  breakGlass: boolean;
}

export type Standing = (action: string, resource: (org: string, rules: Rules) => ResourceFacts) => AccessDecision;

/** Nothing is kept between two questions but what versions tell apart, so an answer is never staler than the transaction. */
export function createFindStanding(): FindStanding {
  const authorize = createAuthorize();
  const rulesOf = createRulesCache<Queryable>((db, org) => readRules(db, org));
  return async (db, { org, actor, credential, breakGlass }) => {
    const facts = await readActorFacts(db, actor);
    if (facts === null || facts.org !== org) return () => gone;
    const roles = breakGlass ? facts.roles : facts.roles.filter((one) => one.breakGlass === undefined);
    const rules = await rulesOf.atLeast(db, org, BigInt(facts.accessVersion));
    return (id, resource) => {
      const action = apiActions().get(id);
      if (action === undefined) throw new Error(`There is no action ${id}.`);
      return authorize({ ...facts, roles, credential }, action, resource(org, rules), rules);
    };
  };
}

const gone: AccessDecision = {
  allowed: false,
  policies: ["default-deny"],
  reasons: ["They are disabled, or not of the organization any more."],
};
