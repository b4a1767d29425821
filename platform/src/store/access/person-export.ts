import type { JsonObject } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

/** A kind of lines of an export: `sql` gives one JSON document (`line`) a row, behind the key that `$2` names, in the order of `key`. */
export interface ExportPart {
  readonly kind: string;
  /** $1: of whom; $2: the key of the last line; $3: how many at most; $4: their names. */
  readonly sql: string;
}

const page = (columns: string, from: string, key: string) =>
  `SELECT row_to_json(x) AS line, (x.key)::text AS key FROM (SELECT ${columns}, ${key} AS key FROM ${from}) x
    WHERE ($2 = '' OR (x.key)::text > $2) AND $4::text[] IS NOT NULL ORDER BY (x.key)::text LIMIT $3`;

/** What an organization has of one of its actors. */
export const actorParts: readonly ExportPart[] = [
  {
    kind: "membership",
    sql: page(
      `a.id, a.name, a.groups, a.team_names AS teams, a.created_at AS "createdAt", a.disabled_at AS "disabledAt", o.org AS organization, o.name AS "organizationName"`,
      "actors a JOIN organizations o ON o.org = a.org WHERE a.id = $1::uuid",
      "a.id",
    ),
  },
  {
    kind: "role",
    sql: page(
      `b.role, b.project, b.environment, b.created_at AS "createdAt", b.expires_at AS "expiresAt"`,
      "role_bindings b WHERE b.actor = $1::uuid",
      "b.id",
    ),
  },
  {
    kind: "key",
    sql: page(
      `k.id, k.name, k.prefix, k.scopes, k.created_at AS "createdAt", k.expires_at AS "expiresAt", k.last_used_at AS "lastUsedAt", k.revoked_at AS "revokedAt"`,
      "api_keys k WHERE k.actor = $1::uuid",
      "k.id",
    ),
  },
  {
    kind: "invitation",
    sql: page(
      `i.id, i.email, i.roles, i.created_at AS "createdAt", i.accepted_at AS "acceptedAt", i.expires_at AS "expiresAt"`,
      "invitations i WHERE i.accepted_by = $1::uuid OR i.invited_by = $1::uuid OR i.email = ANY ($4::text[])",
      "i.id",
    ),
  },
  {
    kind: "delegation",
    sql: page(
      `d.id, d."group", d.delegator, d.delegate, d.reason, d.created_at AS "createdAt", d.until, d.revoked_at AS "revokedAt"`,
      "approval_delegations d WHERE $1::uuid IN (d.delegator, d.delegate)",
      "d.id",
    ),
  },
  {
    kind: "preference",
    sql: page(`f.name, f.value, f.updated_at AS "updatedAt"`, "actor_preferences f WHERE f.actor = $1::uuid", "f.name"),
  },
  {
    kind: "memory",
    sql: page(
      `m.id, m.kind, m.text, m.created_at AS "createdAt", m.pinned_at AS "pinnedAt"`,
      "memories m WHERE m.agent IS NULL AND m.actor ->> 'id' = $1",
      "m.id",
    ),
  },
  {
    kind: "run",
    sql: page(
      `r.id, r.goal, r.runbook, r.environment, r.status, r.created_at AS "createdAt", r.finished_at AS "finishedAt"`,
      "runs r WHERE r.actor = $1::uuid",
      "r.id",
    ),
  },
  {
    kind: "approval",
    sql: page(
      `v.run_id AS run, v.hash, v."group", v.at`,
      "approvals v WHERE v.actor = $1::uuid",
      `concat_ws(' ', v.run_id, v.hash, v."group")`,
    ),
  },
  {
    kind: "event",
    sql: page(
      "e.run_id AS run, e.seq, e.type, to_timestamp(e.at / 1000.0) AS at, e.data",
      "events e WHERE e.actor ->> 'id' = $1",
      "concat_ws(' ', e.run_id, lpad(e.seq::text, 10, '0'))",
    ),
  },
  {
    kind: "audit",
    sql: page(
      `r.id, r.at, r.actor, r.on_behalf_of AS "onBehalfOf", r.action, r.target, r.reason, r.result, r.details, r.source`,
      `audit_records r WHERE r.org IS NOT NULL AND (r.actor ->> 'id' = $1 OR r.on_behalf_of ->> 'id' = $1
         OR $1 IN (r.target ->> 'actor', r.target ->> 'created')
         OR EXISTS (SELECT FROM unnest($4::text[]) n WHERE strpos(concat_ws(' ', r.target::text, r.details::text), to_json(n)::text) > 0))`,
      "r.id",
    ),
  },
];

/** What sign-in has of a person; no passwords, tokens, secrets or keys. Of role gantry_auth. */
export const personParts: readonly ExportPart[] = [
  {
    kind: "profile",
    sql: page(
      `u.id, u.name, u.email, u."emailVerified", u."twoFactorEnabled", u."createdAt", u."updatedAt"`,
      `auth."user" u WHERE u.id = $1::uuid`,
      "u.id",
    ),
  },
  {
    kind: "session",
    sql: page(
      `s.id, s.name, s."ipAddress" AS address, s."userAgent", s."createdAt", s."lastSeenAt", s."expiresAt", s."mfaAt"`,
      `auth.session s WHERE s."userId" = $1::uuid`,
      "s.id",
    ),
  },
  {
    kind: "account",
    sql: page(
      `c.id, c."providerId" AS provider, c."accountId" AS account, c.password IS NOT NULL AS "hasPassword", c."createdAt"`,
      `auth.account c WHERE c."userId" = $1::uuid`,
      "c.id",
    ),
  },
  {
    kind: "passkey",
    sql: page(`p.id, p.name, p."deviceType", p."createdAt"`, `auth.passkey p WHERE p."userId" = $1::uuid`, "p.id"),
  },
];

/** How they signed in, as the installation's own trail has it. */
export const signInPart: ExportPart = {
  kind: "audit",
  sql: page(
    "r.id, r.at, r.actor, r.action, r.target, r.result, r.details, r.source",
    `audit_records r WHERE r.org IS NULL AND (r.actor ->> 'person' = $1 OR r.actor ->> 'name' = ANY ($4::text[]))`,
    "r.id",
  ),
};

export async function readPart(
  db: Queryable,
  part: ExportPart,
  { subject, names }: { subject: string; names: readonly string[] },
  after: string,
  limit: number,
): Promise<{ line: JsonObject; key: string }[]> {
  const { rows } = await db.query<{ line: JsonObject; key: string }>(part.sql, [subject, after, limit, names]);
  return rows;
}

/** Where a person is an actor; of whom no person is known is one only in the transaction's organization. */
export async function placesOfPerson(db: Queryable, person: string): Promise<{ org: string; actor: string }[]> {
  const { rows } = await db.query<{ org: string; actor: string }>("SELECT org, actor FROM find_places_of_person($1)", [
    person,
  ]);
  return rows;
}
