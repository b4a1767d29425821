import type { Queryable } from "./queryable.ts";

export interface ApprovalSettingsRow {
  mfa: boolean;
  escalation: { afterMinutes: number; group: string } | null;
}

/** Null: there is no such environment. */
export async function readApprovalSettings(
  db: Queryable,
  at: { org: string; project: string; environment: string },
): Promise<ApprovalSettingsRow | null> {
  const { rows } = await db.query<ApprovalSettingsRow>(
    `SELECT approval_mfa AS mfa, CASE WHEN escalate_to IS NOT NULL
        THEN json_build_object('afterMinutes', escalate_minutes, 'group', escalate_to) END AS escalation
      FROM environments WHERE org = $1 AND project = $2 AND name = $3`,
    [at.org, at.project, at.environment],
  );
  return rows[0] ?? null;
}

/** Whether an environment of the place wants a second factor for approvals. */
export async function approvalsNeedProof(
  db: Queryable,
  at: { org: string; project: string; environment: string | null },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM environments WHERE org = $1 AND project = $2 AND ($3::text IS NULL OR name = $3) AND approval_mfa LIMIT 1`,
    [at.org, at.project, at.environment],
  );
  return rowCount === 1;
}

export async function writeApprovalSettings(
  db: Queryable,
  at: { org: string; project: string; environment: string },
  { mfa, escalation }: ApprovalSettingsRow,
): Promise<void> {
  await db.query(
    `UPDATE environments SET approval_mfa = $4, escalate_minutes = $5, escalate_to = $6
      WHERE org = $1 AND project = $2 AND name = $3`,
    [at.org, at.project, at.environment, mfa, escalation?.afterMinutes ?? null, escalation?.group ?? null],
  );
}
