import type { RunStatus } from "@gantry/sdk/core";
import type { Queryable } from "../organization.ts";

export interface OnboardingFacts {
  /** People who own the organization. */
  owners: number;
  /** People in the approvers' group besides the caller. */
  otherApprovers: number;
  teams: number;
  /** The first environment where changes need an approval, guarded ones before strict ones. */
  target: { project: string; environment: string; reached: boolean } | null;
  invitation: { id: string; email: string | null; expiresAt: Date } | null;
  run: OnboardingRun | null;
}

export interface OnboardingRun {
  id: string;
  runbook: string | null;
  environment: string;
  status: RunStatus;
  mine: boolean;
  approved: boolean;
  undoAsked: boolean;
}

/** What of an organization says how far it is. Only its newest runs are looked at, so that it costs the same everywhere. */
export async function readOnboarding(
  db: Queryable,
  { org, actor }: { org: string; actor: string },
): Promise<OnboardingFacts> {
  const { rows } = await db.query<Found>(
    `SELECT
       (SELECT count(*)::int FROM actors a WHERE a.org = $1 AND a.person IS NOT NULL AND a.disabled_at IS NULL
          AND EXISTS (SELECT FROM role_bindings b WHERE b.org = $1 AND b.actor = a.id AND b.role = 'owner')) AS owners,
       (SELECT count(*)::int FROM actors a WHERE a.org = $1 AND a.person IS NOT NULL AND a.disabled_at IS NULL
          AND 'approvers' = ANY (a.groups || a.team_names)
          AND a.person IS DISTINCT FROM (SELECT human_of(c) FROM actors c WHERE c.id = $2)) AS "otherApprovers",
       (SELECT count(*)::int FROM team_members m JOIN teams t ON t.id = m.team WHERE t.org = $1) AS teams,
       (SELECT json_build_object('project', p.name, 'environment', e.name, 'reached', EXISTS (
            SELECT FROM workers w WHERE w.pool = e.pool AND w.state = 'active' AND w.beat_at > now() - w.lease_ms * interval '1 millisecond'))
          FROM environments e JOIN projects p ON p.id = e.project
         WHERE e.org = $1 AND e.protection <> 'open' ORDER BY e.protection, p.created_at, e.created_at, e.name LIMIT 1) AS target,
       (SELECT json_build_object('id', i.id, 'email', i.email, 'expiresAt', i.expires_at) FROM invitations i
         WHERE i.org = $1 AND 'approvers' = ANY (i.groups) AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()
           AND i.invited_by IS NOT NULL ORDER BY i.created_at DESC LIMIT 1) AS invitation`,
    [org, actor],
  );
  const [facts] = rows;
  if (facts === undefined) throw new Error("The organization's facts could not be read.");
  const invitation = facts.invitation && { ...facts.invitation, expiresAt: new Date(facts.invitation.expiresAt) };
  return { ...facts, invitation, run: await furthestRun(db, org, actor) };
}

interface Found extends Omit<OnboardingFacts, "run" | "invitation"> {
  invitation: { id: string; email: string | null; expiresAt: string } | null;
}

/** Of changes that needed an approval of people. */
async function furthestRun(db: Queryable, org: string, actor: string): Promise<OnboardingRun | null> {
  const { rows } = await db.query<OnboardingRun>(
    `SELECT id, runbook, environment, status, actor = $2 AS mine, approved, "undoAsked" FROM (
       SELECT r.*,
           EXISTS (SELECT FROM approvals a JOIN change_sets c ON c.run_id = a.run_id AND c.hash = a.hash
             WHERE a.run_id = r.id AND c.gate <> 'undo' AND a.actor <> r.actor) AS approved,
           EXISTS (SELECT FROM change_sets c WHERE c.run_id = r.id AND c.gate = 'undo') AS "undoAsked"
         FROM (SELECT * FROM runs WHERE org = $1 ORDER BY created_at DESC, id DESC LIMIT 200) r
        WHERE NOT r.dry_run AND EXISTS (
          SELECT FROM change_sets c WHERE c.run_id = r.id AND c.gate <> 'undo' AND json_array_length(c.approvals) > 0)) one
     ORDER BY CASE WHEN status = 'undone' THEN 0 WHEN "undoAsked" THEN 1 WHEN status = 'succeeded' THEN 2
         WHEN finished_at IS NOT NULL THEN 5 WHEN approved THEN 3 ELSE 4 END,
       created_at DESC, id DESC LIMIT 1`,
    [org, actor],
  );
  return rows[0] ?? null;
}
