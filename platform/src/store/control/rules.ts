import { approversOf, approversOfEnvironment, type NeededApprovers } from "../runs/approval-settings.ts";
import type { Queryable } from "../queryable.ts";

/** A policy that somebody of the organization wrote: Cedar that forbids, in force at a place and below. */
export interface OwnPolicy {
  name: string;
  /** Null: in all of the organization. */
  project: string | null;
  /** Null: in all of the project. */
  environment: string | null;
  text: string;
}

/** Where things are in an organization, and how each environment is protected. */
export interface Places {
  projects: readonly { id: string; name: string }[];
  environments: readonly {
    project: string;
    name: string;
    protection: "open" | "guarded" | "strict";
    approvers: NeededApprovers | null | "default";
  }[];
  /** In environments that say nothing themselves. */
  approvers: NeededApprovers | null;
}

export interface StoredRules extends Places {
  /** Grows with each change. */
  version: bigint;
  /** Grows with each change of policies, or of what they speak of; people aside. */
  head: bigint;
  policies: OwnPolicy[];
}

export async function readAccessVersion(db: Queryable, org: string): Promise<string> {
  const { rows } = await db.query<{ n: string }>({
    name: "access-version",
    text: "SELECT n::text AS n FROM access_versions WHERE org = $1",
    values: [org],
  });
  return rows[0]?.n ?? "0";
}

/** What decisions in the organization follow from, and its version, of one moment: one statement. */
export async function readRules(db: Queryable, org: string): Promise<StoredRules> {
  const { rows } = await db.query<{
    version: string;
    head: string;
    policies: OwnPolicy[];
    projects: StoredRules["projects"];
    environments: StoredRules["environments"];
    approvers: StoredRules["approvers"];
  }>({
    name: "read-rules",
    text: `SELECT coalesce((SELECT n FROM access_versions WHERE org = $1), 0)::text AS version,
      coalesce((SELECT n FROM policy_heads WHERE org = $1), 0)::text AS head,
      (SELECT coalesce(json_agg(json_build_object('name', p.name, 'project', p.project, 'environment', p.environment,
           'text', v.text) ORDER BY p.name), '[]')
         FROM policies p JOIN policy_versions v ON v.policy = p.id AND v.version = p.version
        WHERE p.org = $1 AND v.text IS NOT NULL) AS policies,
      (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name)), '[]') FROM projects WHERE org = $1) AS projects,
      (SELECT coalesce(json_agg(json_build_object('project', project, 'name', name, 'protection', protection,
           'approvers', ${approversOfEnvironment})), '[]') FROM environments e WHERE org = $1) AS environments,
      (SELECT ${approversOf("o")} FROM organizations o WHERE org = $1) AS approvers`,
    values: [org],
  });
  const row = rows[0];
  return {
    version: BigInt(row?.version ?? 0),
    head: BigInt(row?.head ?? 0),
    policies: row?.policies ?? [],
    projects: row?.projects ?? [],
    environments: row?.environments ?? [],
    approvers: row?.approvers ?? null,
  };
}
