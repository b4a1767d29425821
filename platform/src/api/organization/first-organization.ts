import { platformActor } from "@gantry/sdk";
import { Scope } from "@gantry/sdk/api";
import type { ClientBase, Pool } from "pg";
import { writeAudit, type AuditRecord } from "../../store/records/audit-records.ts";
import type { Queryable } from "../../store/queryable.ts";
import { inTransaction } from "../../store/transaction.ts";
import { createApiKey } from "../access/api-key.ts";

export interface FirstOrganization {
  org: string;
  project: string;
  actor: string;
  /** The administrator's key. It stands nowhere else: print it once. */
  key: string;
}

interface Deps {
  /** Of role gantry_engine: the API's role can't create organizations. */
  pool: Pool;
  newId(): string;
}

/** Nothing else takes it: processes that start at once create the organization one after the other. */
const advisoryLock = 7_203_911;

/**
 * Makes an empty installation usable: the organization and the project "default", the environments dev (open), staging
 * (guarded) and prod (strict), and an administrator who owns it, with a key. Null, and nothing done, when there is an
 * organization with an owner.
 */
export async function ensureFirstOrganization(deps: Deps): Promise<FirstOrganization | null> {
  return inTransaction(deps.pool, async (tx) => {
    const query = rowsOf(tx);
    await query("SELECT pg_advisory_xact_lock($1)", [advisoryLock]);
    if ((await query("SELECT org FROM role_bindings WHERE role = 'owner' LIMIT 1")).length > 0) return null;
    const [org, project, actor] = [deps.newId(), deps.newId(), deps.newId()];
    await query("INSERT INTO organizations (org, name) VALUES ($1, 'default')", [org]);
    await query("INSERT INTO projects (id, org, name) VALUES ($1, $2, 'default')", [project, org]);
    await query(
      `INSERT INTO environments (org, project, name, protection)
       VALUES ($1, $2, 'dev', 'open'), ($1, $2, 'staging', 'guarded'), ($1, $2, 'prod', 'strict')`,
      [org, project],
    );
    await query(
      `INSERT INTO actors (id, org, kind, name, groups)
       VALUES ($1, $2, 'user', 'administrator', ARRAY['administrators', 'approvers'])`,
      [actor, org],
    );
    await query("INSERT INTO role_bindings (org, id, role, actor) VALUES ($1, $2, 'owner', $3)", [
      org,
      deps.newId(),
      actor,
    ]);
    const key = await addKey(deps, query, { org, actor });
    await record(deps, tx, { org, action: "organizations.create", target: { org, actor } });
    return { org, project, actor, key };
  });
}

/** A further key for an owner of the first organization, for whoever lost the first one and can reach the database. */
export async function issueAdministratorKey(deps: Deps): Promise<string> {
  return inTransaction(deps.pool, async (tx) => {
    const query = rowsOf(tx);
    const [owner] = await query<{ org: string; actor: string }>(
      `SELECT a.org, a.id AS actor FROM organizations o JOIN role_bindings b ON b.org = o.org AND b.role = 'owner' AND b.project IS NULL
         JOIN actors a ON a.org = b.org AND a.disabled_at IS NULL
           AND (a.id = b.actor OR EXISTS (SELECT FROM team_members m WHERE m.team = b.team AND m.actor = a.id))
        WHERE o.state = 'active' ORDER BY o.created_at, a.created_at LIMIT 1`,
    );
    if (owner === undefined) throw new Error("There is no organization with an owner yet: start the server first.");
    const { org, actor } = owner;
    await record(deps, tx, {
      org,
      action: "apiKeys.create",
      target: { actor },
      reason: "The administrator's key was lost",
    });
    return addKey(deps, query, owner);
  });
}

type Query = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

function rowsOf(tx: ClientBase): Query {
  return async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await tx.query<Row>(text, [...values])).rows;
}

/** Whoever can start the platform on its database did it: nobody has signed in yet. */
async function record(
  deps: Deps,
  tx: Queryable,
  said: Pick<AuditRecord, "org" | "action" | "target"> & { reason?: string },
): Promise<void> {
  await writeAudit(tx, { ...said, id: deps.newId(), actor: platformActor });
}

async function addKey(deps: Deps, query: Query, { org, actor }: { org: string; actor: string }): Promise<string> {
  const { key, prefix, hash } = createApiKey();
  await query("INSERT INTO api_keys (id, org, actor, prefix, hash, scopes) VALUES ($1, $2, $3, $4, $5, $6)", [
    deps.newId(),
    org,
    actor,
    prefix,
    hash,
    Scope.options,
  ]);
  return key;
}
