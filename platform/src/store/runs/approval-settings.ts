import type { Queryable } from "../queryable.ts";

interface Escalation {
  afterMinutes: number;
  group: string;
}

/** So many approvals of that group. */
export interface NeededApprovers {
  group: string;
  count: number;
}

export interface ApprovalDefaultsRow {
  mfa: boolean;
  escalation: Escalation | null;
  approvers: NeededApprovers | null;
}

/** What an environment says itself; `default`: nothing. */
export interface OwnApprovalSettings {
  mfa: boolean | "default";
  escalation: Escalation | null | "default";
  approvers: NeededApprovers | null | "default";
}

/** How the nearest of them holds, of an environment `e` and its organization `o`. */
export const wantsProof = "COALESCE(e.approval_mfa, o.approval_mfa, false)";
const escalationOf = (row: "e" | "o") =>
  `CASE WHEN ${row}.escalate_to IS NOT NULL THEN json_build_object('afterMinutes', ${row}.escalate_minutes, 'group', ${row}.escalate_to) END`;
export const approversOf = (row: "e" | "o") =>
  `CASE WHEN ${row}.approval_group IS NOT NULL THEN json_build_object('group', ${row}.approval_group, 'count', ${row}.approval_count) END`;
/** Of an environment `e`; null: nobody besides what policies ask for. */
export const approversOfEnvironment = `CASE WHEN NOT e.approval_nobody THEN COALESCE(${approversOf("e")}, '"default"') END`;

export async function readApprovalDefaults(db: Queryable, org: string): Promise<ApprovalDefaultsRow> {
  const { rows } = await db.query<ApprovalDefaultsRow>(
    `SELECT approval_mfa AS mfa, ${escalationOf("o")} AS escalation, ${approversOf("o")} AS approvers FROM organizations o WHERE org = $1`,
    [org],
  );
  return rows[0] ?? { mfa: false, escalation: null, approvers: null };
}

export async function writeApprovalDefaults(
  db: Queryable,
  org: string,
  { mfa, escalation, approvers }: ApprovalDefaultsRow,
): Promise<void> {
  await db.query(
    `UPDATE organizations SET approval_mfa = $2, escalate_minutes = $3, escalate_to = $4, approval_group = $5, approval_count = $6
      WHERE org = $1`,
    [
      org,
      mfa,
      escalation?.afterMinutes ?? null,
      escalation?.group ?? null,
      approvers?.group ?? null,
      approvers?.count ?? null,
    ],
  );
}

/** Null: there is no such environment. */
export async function readApprovalSettings(
  db: Queryable,
  at: { org: string; project: string; environment: string },
): Promise<OwnApprovalSettings | null> {
  const { rows } = await db.query<OwnApprovalSettings>(
    `SELECT COALESCE(to_json(approval_mfa), '"default"') AS mfa,
        CASE WHEN escalate_nobody THEN 'null' ELSE COALESCE(${escalationOf("e")}, '"default"') END AS escalation,
        ${approversOfEnvironment} AS approvers
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
  { mfa, escalation, approvers }: OwnApprovalSettings,
): Promise<void> {
  const told = escalation === "default" ? null : escalation;
  const needed = approvers === "default" ? null : approvers;
  await db.query(
    `UPDATE environments SET approval_mfa = $4, escalate_minutes = $5, escalate_to = $6, escalate_nobody = $7,
        approval_group = $8, approval_count = $9, approval_nobody = $10
      WHERE org = $1 AND project = $2 AND name = $3`,
    [
      at.org,
      at.project,
      at.environment,
      mfa === "default" ? null : mfa,
      told?.afterMinutes ?? null,
      told?.group ?? null,
      escalation === null,
      needed?.group ?? null,
      needed?.count ?? null,
      approvers === null,
    ],
  );
}
