import { GantryError } from "@gantry/sdk";
import type { QuotaKind } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

export interface QuotaRow {
  kind: QuotaKind;
  project: string | null;
  limit: number;
  current: number | null;
  updatedAt: Date;
  actor: string;
}

/** More than the organization or the project may have. Nothing was written. */
export class QuotaExceededError extends GantryError {
  readonly code = "quota_exceeded";
  override readonly retryable: boolean;
  constructor(kind: QuotaKind, scope: "organization" | "project", current: number, limit: number) {
    const { what, cure } = words[kind];
    super(
      `The quota of this ${scope} is ${limit} ${what}; it stands at ${current}. ${cure}, or ask an administrator to raise it (gantry quota set ${kind} …).`,
      {
        details: { quota: kind, scope, current, limit },
      },
    );
    this.retryable = isOfRuns(kind) && kind !== "steps_per_run";
  }
}

const words: Record<QuotaKind, { what: string; cure: string }> = {
  runs_at_once: { what: "runs at once", cure: "Try again when some have ended" },
  queued_runs: { what: "runs that wait to start", cure: "Try again when some have started" },
  steps_per_run: { what: "steps per run", cure: "Split the run" },
  storage_bytes: { what: "bytes of stored content", cure: "Delete runs that nobody needs" },
  submissions_per_hour: { what: "submitted runs per hour", cure: "Try again later" },
  projects: { what: "projects", cure: "Remove one that nobody needs" },
  members: { what: "people who aren't disabled", cure: "Disable somebody who left" },
  keys: { what: "API keys that are good", cure: "Revoke one that nobody uses" },
};

const ofOrganization = ["projects", "members", "keys"] as const;
/** What is counted when one is created, in the organization as a whole. */
export type CountedKind = (typeof ofOrganization)[number];

function isOfRuns(kind: QuotaKind): boolean {
  return !ofOrganization.some((one) => one === kind);
}

/** A run that lives again was counted when it was submitted. */
const ofSubmissions: ReadonlySet<QuotaKind> = new Set(["steps_per_run", "submissions_per_hour"]);

/** How much of a quota is used; `$1` is the organization, `$2` the project or null for all. */
const counts: Record<Exclude<QuotaKind, "steps_per_run">, string> = {
  runs_at_once: `SELECT count(*) FROM runs WHERE org = $1 AND finished_at IS NULL AND ($2::uuid IS NULL OR project = $2)`,
  queued_runs: `SELECT count(*) FROM runs WHERE org = $1 AND finished_at IS NULL AND status = 'queued'
    AND ($2::uuid IS NULL OR project = $2)`,
  storage_bytes: `SELECT COALESCE(sum(stored_bytes), 0) FROM blobs WHERE org = $1 AND $2::uuid IS NULL`,
  submissions_per_hour: `SELECT count(*) FROM runs WHERE org = $1 AND created_at > now() - interval '1 hour'
    AND parent IS NULL AND ($2::uuid IS NULL OR project = $2)`,
  projects: "SELECT count(*) FROM projects WHERE org = $1 AND $2::uuid IS NULL AND deleted_at IS NULL",
  members: "SELECT count(*) FROM actors WHERE org = $1 AND $2::uuid IS NULL AND kind = 'user' AND disabled_at IS NULL",
  keys: `SELECT count(*) FROM api_keys WHERE org = $1 AND $2::uuid IS NULL AND revoked_at IS NULL
    AND (expires_at IS NULL OR expires_at > now())`,
};

async function currentOf(db: Queryable, kind: QuotaKind, org: string, project: string | null): Promise<number | null> {
  if (kind === "steps_per_run") return null;
  const { rows } = await db.query<{ current: number }>(
    `SELECT (${counts[kind]})::float8 AS current WHERE $1::uuid IS NOT NULL OR $2::uuid IS NULL`,
    [org, project],
  );
  return rows[0]?.current ?? 0;
}

/**
 * Refuses a new run that would pass a quota. In the caller's transaction, which keeps the quotas' rows locked: of two
 * submissions at the same time the second counts the first. `steps` null: of runs that were submitted before and are to live again,
 * so many of the project and so many in all.
 * @throws QuotaExceededError
 */
export async function assertQuotas(
  db: Queryable,
  {
    org,
    project,
    steps,
    runs = 1,
    inAll = runs,
  }: { org: string; project: string; steps: number | null; runs?: number; inAll?: number },
): Promise<void> {
  const { rows } = await db.query<{ kind: QuotaKind; project: string | null; amount: number }>({
    name: "quotas-of",
    text: `SELECT kind, project, amount::float8 AS amount FROM quotas WHERE org = $1 AND (project IS NULL OR project = $2)
      ORDER BY kind, project NULLS FIRST FOR UPDATE`,
    values: [org, project],
  });
  const asked = rows.filter(({ kind }) => isOfRuns(kind) && (steps !== null || !ofSubmissions.has(kind)));
  for (const { kind, project: of, amount } of asked) {
    const scope = of === null ? "organization" : "project";
    const current = await currentOf(db, kind, org, of);
    const wanted = current === null ? (steps ?? 0) : current + (of === null ? inAll : runs);
    if (wanted > amount) throw new QuotaExceededError(kind, scope, current ?? wanted, amount);
  }
}

/**
 * Refuses one more than the organization may have. Of two who create at the same time the second counts the first.
 * @throws QuotaExceededError
 */
export async function assertRoom(db: Queryable, org: string, kind: CountedKind): Promise<void> {
  const full = await findFull(db, org, kind);
  if (full !== null) throw new QuotaExceededError(kind, "organization", full.current, full.amount);
}

/** Null: there is room. */
export async function findFull(
  db: Queryable,
  org: string,
  kind: CountedKind,
): Promise<{ current: number; amount: number } | null> {
  const { rows } = await db.query<{ amount: number }>(
    "SELECT amount::float8 AS amount FROM quotas WHERE org = $1 AND kind = $2 AND project IS NULL",
    [org, kind],
  );
  const [quota] = rows;
  if (quota === undefined) return null;
  // A lock of its own: not everybody who creates something may lock the quota's row.
  await db.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`quota ${org} ${kind}`]);
  const current = (await currentOf(db, kind, org, null)) ?? 0;
  return current >= quota.amount ? { current, amount: quota.amount } : null;
}

export async function listQuotas(db: Queryable, org: string): Promise<QuotaRow[]> {
  const { rows } = await db.query<QuotaRow & { projectId: string | null }>(
    `SELECT q.kind, q.project AS "projectId", p.name AS project, q.amount::float8 AS "limit", q.updated_at AS "updatedAt", q.actor
     FROM quotas q LEFT JOIN projects p ON p.id = q.project WHERE q.org = $1 ORDER BY p.name NULLS FIRST, q.kind`,
    [org],
  );
  const all: QuotaRow[] = [];
  for (const { projectId, ...row } of rows)
    all.push({ ...row, current: await currentOf(db, row.kind, org, projectId) });
  return all;
}

/** `limit` null: there is none any more. */
export async function putQuota(
  db: Queryable,
  {
    org,
    project,
    kind,
    limit,
    actor,
  }: { org: string; project: string | null; kind: QuotaKind; limit: number | null; actor: string },
): Promise<void> {
  if (limit === null) {
    await db.query("DELETE FROM quotas WHERE org = $1 AND project IS NOT DISTINCT FROM $2 AND kind = $3", [
      org,
      project,
      kind,
    ]);
    return;
  }
  await db.query(
    `INSERT INTO quotas (org, project, kind, amount, actor) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (org, project, kind) DO UPDATE SET amount = excluded.amount, actor = excluded.actor, updated_at = now()`,
    [org, project, kind, limit, actor],
  );
}
