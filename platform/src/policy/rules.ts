import type { OwnPolicy, Places, StoredRules } from "../store/control/rules.ts";
import { neededApprovers } from "./needed-approvers.ts";
import { createPolicySet, readPolicies, type KnownPolicy, type PolicySet } from "./cedar.ts";

/** What decisions in one organization follow from besides who asks, as it was at one moment. */
export interface Rules {
  /** Grows with each change. */
  version: bigint;
  /** The policies in force at a place: all above it too. Null where there are none. */
  at(place: { project: string | null; environment: string | null }): PolicySet | null;
  /** By name or id. */
  project(name: string): { id: string; name: string } | null;
  /** Null: there is no such environment. */
  protection(project: string, environment: string): "open" | "guarded" | "strict" | null;
}

/** What policies of organizations only take away from: alone, they would permit nothing. */
const everything = readPolicies(`@id("otherwise") permit (principal, action, resource);`);

export function createRules(version: bigint, policies: readonly OwnPolicy[], places: Places): Rules {
  const sets = new Map<string, PolicySet | null>();
  const projects = new Map(places.projects.flatMap((one) => [[one.id, one] as const, [one.name, one] as const]));
  const protections = new Map(places.environments.map((one) => [`${one.project}/${one.name}`, one.protection]));
  return {
    version,
    at: ({ project, environment }) => {
      const key = `${project ?? ""}/${environment ?? ""}`;
      let set = sets.get(key);
      if (set === undefined) {
        const here = policies.filter(
          (one) =>
            (one.project === null || one.project === project) &&
            (one.environment === null || one.environment === environment),
        );
        const all = [...here.flatMap(namedPolicies), ...neededApprovers(places, { project, environment })];
        set = all.length === 0 ? null : createPolicySet([...everything, ...all]);
        sets.set(key, set);
      }
      return set;
    },
    project: (name) => projects.get(name) ?? null,
    protection: (project, environment) => protections.get(`${project}/${environment}`) ?? null,
  };
}

/** Its statements under the names that decisions give: the level, the policy, the statement. */
export function namedPolicies(policy: OwnPolicy): KnownPolicy[] {
  const level = policy.project === null ? "organization" : policy.environment === null ? "project" : "environment";
  return readPolicies(policy.text).map((one) => ({ ...one, id: `${level}/${policy.name}/${one.id}` }));
}

/** Keeps the rules of each organization, and reads them again once somebody has seen a higher version, of those told. */
export function createRulesCache<Source>(
  read: (source: Source, org: string) => Promise<StoredRules>,
  by: "version" | "head" = "version",
): RulesCache<Source> {
  const kept = new Map<string, Rules>();
  return {
    atLeast: (source, org, version) => {
      const known = kept.get(org);
      if (known !== undefined && known.version >= version) return known;
      return read(source, org).then((found) => {
        const fresh = createRules(found[by], found.policies, found);
        const meanwhile = kept.get(org);
        if (meanwhile !== undefined && meanwhile.version >= fresh.version) return meanwhile;
        if (kept.size >= maximumKept) kept.clear();
        kept.set(org, fresh);
        return fresh;
      });
    },
  };
}

export interface RulesCache<Source> {
  /** At least as new as the version that was just read: no answer that follows from it is stale. */
  atLeast(source: Source, org: string, version: bigint): Rules | Promise<Rules>;
}

const maximumKept = 1_000;
