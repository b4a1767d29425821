import type { Queryable } from "./queryable.ts";

interface Escalation {
  afterMinutes: number;
  group: string;
}

export interface ApprovalDefaultsRow {
  mfa: boolean;
  escalation: Escalation | null;
}

/** What an environment says itself; `default`: nothing. */
export interface OwnApprovalSettings {
  mfa: boolean | "default";
  escalation: Escalation | null | "default";
}

/** How the nearest of them holds, of an environment `e` and its organization `o`. */
export const wantsProof = "COALESCE(e.approval_mfa, o.approval_mfa, false)";
const escalationOf = (row: "e" | "o") =>
  `CASE WHEN ${row}.escalate_to IS NOT NULL THEN json_build_object('afterMinutes', ${row}.escalate_minutes, 'group', ${row}.escalate_to) END`;

export async function readApprovalDefaults(db: Queryable, org: string): Promise<ApprovalDefaultsRow> {
  const { rows } = await db.query<ApprovalDefaultsRow>(
    `SELECT approval_mfa AS mfa, ${escalationOf("o")} AS escalation FROM organizations o WHERE org = $1`,
    [org],
  );
  return rows[0] ?? { mfa: false, escalation: null };
}

export async function writeApprovalDefaults(
  db: Queryable,
  org: string,
  { mfa, escalation }: ApprovalDefaultsRow,
): Promise<void> {
  await db.query("UPDATE organizations SET approval_mfa = $2, escalate_minutes = $3, escalate_to = $4 WHERE org = $1", [
    org,
    mfa,
    escalation?.afterMinutes ?? null,
    escalation?.group ?? null,
  ]);
}

/** Null: there is no such environment. */
export async function readApprovalSettings(
  db: Queryable,
  at: { org: string; project: string; environment: string },
): Promise<OwnApprovalSettings | null> {
  const { rows } = await db.query<OwnApprovalSettings>(
    `SELECT COALESCE(to_json(approval_mfa), '"default"') AS mfa,
        CASE WHEN escalate_nobody THEN 'null' ELSE COALESCE(${escalationOf("e")}, '"default"') END AS escalation
      FROM environments e WHERE org = $1 AND project = $2 AND name = $3`,
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
    `SELECT FROM environments e JOIN organizations o ON o.org = e.org
      WHERE e.org = $1 AND e.project = $2 AND ($3::text IS NULL OR e.name = $3) AND ${wantsProof} LIMIT 1`,
    [at.org, at.project, at.environment],
  );
  return rowCount === 1;
}

export async function writeApprovalSettings(
  db: Queryable,
  at: { org: string; project: string; environment: string },
  { mfa, escalation }: OwnApprovalSettings,
): Promise<void> {
  const told = escalation === "default" ? null : escalation;
  await db.query(
    `UPDATE environments SET approval_mfa = $4, escalate_minutes = $5, escalate_to = $6, escalate_nobody = $7
      WHERE org = $1 AND project = $2 AND name = $3`,
    [
      at.org,
      at.project,
      at.environment,
      mfa === "default" ? null : mfa,
      told?.afterMinutes ?? null,
      told?.group ?? null,
      escalation === null,
    ],
  );
}
