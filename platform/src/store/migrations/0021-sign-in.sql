-- Sign-in: people, their sessions and proofs, in a schema that only the sign-in's own user of the database reaches; and what an
-- organization keeps of it: invitations, names and use of keys. A person is the same in all organizations; what they may do
-- there is said of their actors.

CREATE SCHEMA auth;
GRANT USAGE ON SCHEMA auth TO gantry_auth;

-- Tables and columns are named as better-auth names them.
CREATE TABLE auth."user" (
  id                 uuid PRIMARY KEY,
  name               text NOT NULL,
  email              text NOT NULL UNIQUE CHECK (email = lower(email)),
  "emailVerified"    boolean NOT NULL DEFAULT false,
  image              text,
  "twoFactorEnabled" boolean NOT NULL DEFAULT false,
  "createdAt"        timestamptz NOT NULL DEFAULT now(),
  "updatedAt"        timestamptz NOT NULL DEFAULT now()
);

-- The cookie holds the token with a signature that the database doesn't know, so a copy of this table signs nobody in.
CREATE TABLE auth.session (
  id             uuid PRIMARY KEY,
  token          text NOT NULL UNIQUE,
  "userId"       uuid NOT NULL REFERENCES auth."user" (id) ON DELETE CASCADE,
  -- The absolute limit; the idle one counts from "lastSeenAt", which is written at most once a minute.
  "expiresAt"    timestamptz NOT NULL,
  "lastSeenAt"   timestamptz NOT NULL DEFAULT now(),
  "ipAddress"    text,
  "userAgent"    text,
  -- What its owner calls the device.
  name           text,
  -- Where it works unless a request says otherwise.
  organization   uuid,
  -- The last proof with a second factor, or with a passkey.
  "mfaAt"        timestamptz,
  "createdAt"    timestamptz NOT NULL DEFAULT now(),
  "updatedAt"    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX session_person ON auth.session ("userId");

-- Passwords (scrypt) and accounts at identity providers.
CREATE TABLE auth.account (
  id                      uuid PRIMARY KEY,
  "accountId"             text NOT NULL,
  "providerId"            text NOT NULL,
  "userId"                uuid NOT NULL REFERENCES auth."user" (id) ON DELETE CASCADE,
  "accessToken"           text,
  "refreshToken"          text,
  "idToken"               text,
  "accessTokenExpiresAt"  timestamptz,
  "refreshTokenExpiresAt" timestamptz,
  scope                   text,
  password                text,
  "createdAt"             timestamptz NOT NULL DEFAULT now(),
  "updatedAt"             timestamptz NOT NULL DEFAULT now(),
  UNIQUE ("providerId", "accountId")
);
CREATE INDEX account_person ON auth.account ("userId");

CREATE TABLE auth.verification (
  id          uuid PRIMARY KEY,
  identifier  text NOT NULL,
  value       text NOT NULL,
  "expiresAt" timestamptz NOT NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX verification_identifier ON auth.verification (identifier);

CREATE TABLE auth."twoFactor" (
  id                        uuid PRIMARY KEY,
  -- Both encrypted with a key that is derived from the platform's.
  secret                    text NOT NULL,
  "backupCodes"             text NOT NULL,
  "userId"                  uuid NOT NULL UNIQUE REFERENCES auth."user" (id) ON DELETE CASCADE,
  verified                  boolean NOT NULL DEFAULT true,
  "failedVerificationCount" int NOT NULL DEFAULT 0,
  "lockedUntil"             timestamptz
);

-- Each code of an authenticator app counts once.
CREATE TABLE auth.used_codes (
  person  uuid NOT NULL REFERENCES auth."user" (id) ON DELETE CASCADE,
  code    text NOT NULL,
  used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (person, code)
);

CREATE TABLE auth.passkey (
  id             uuid PRIMARY KEY,
  name           text,
  "publicKey"    text NOT NULL,
  "userId"       uuid NOT NULL REFERENCES auth."user" (id) ON DELETE CASCADE,
  "credentialID" text NOT NULL UNIQUE,
  counter        bigint NOT NULL,
  "deviceType"   text NOT NULL,
  "backedUp"     boolean NOT NULL,
  transports     text,
  aaguid         text,
  "createdAt"    timestamptz DEFAULT now()
);
CREATE INDEX passkey_person ON auth.passkey ("userId");

-- RFC 8628.
CREATE TABLE auth."deviceCode" (
  id                uuid PRIMARY KEY,
  "deviceCode"      text NOT NULL UNIQUE,
  "userCode"        text NOT NULL UNIQUE,
  "userId"          uuid REFERENCES auth."user" (id) ON DELETE CASCADE,
  "expiresAt"       timestamptz NOT NULL,
  status            text NOT NULL,
  "lastPolledAt"    timestamptz,
  "pollingInterval" int,
  "clientId"        text,
  scope             text
);

CREATE TABLE auth."rateLimit" (
  id            uuid PRIMARY KEY,
  key           text NOT NULL UNIQUE,
  count         int NOT NULL,
  "lastRequest" bigint NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA auth TO gantry_auth;

-- The link holds a code that follows from id and version under the platform's key: nothing here lets anybody in.
CREATE TABLE invitations (
  org         uuid NOT NULL REFERENCES organizations (org),
  id          uuid PRIMARY KEY,
  -- Grows when it is sent again, which voids the links before.
  version     int NOT NULL DEFAULT 1,
  -- Null: for whoever has the link, which is the first administrator's.
  email       text CHECK (email = lower(email)),
  roles       text[] NOT NULL DEFAULT '{}',
  groups      text[] NOT NULL DEFAULT '{}',
  teams       uuid[] NOT NULL DEFAULT '{}',
  -- Null: the installation.
  invited_by  uuid,
  created_at  timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz NOT NULL,
  accepted_at timestamptz,
  accepted_by uuid,
  revoked_at  timestamptz
);
CREATE INDEX invitations_list ON invitations (org, created_at DESC, id DESC);
CREATE UNIQUE INDEX invitations_open ON invitations (org, email) WHERE accepted_at IS NULL AND revoked_at IS NULL;
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON invitations TO gantry_engine USING (true) WITH CHECK (true);
CREATE POLICY api_own ON invitations TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY invitation_lookup ON invitations FOR SELECT TO gantry_migrator USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON invitations TO gantry_api, gantry_engine;

-- One actor per person and organization.
CREATE UNIQUE INDEX actors_one_per_person ON actors (org, person) WHERE person IS NOT NULL;

ALTER TABLE api_keys
  ADD COLUMN name text NOT NULL DEFAULT '',
  -- Written at most once a minute, by `note_use`.
  ADD COLUMN last_used_at timestamptz,
  ADD COLUMN rotated_to uuid;

-- What follows looks up or notes single rows before, or beside, an organization's transaction.
CREATE POLICY session_lookup ON organizations FOR SELECT TO gantry_migrator USING (true);
CREATE POLICY note_use ON api_keys FOR UPDATE TO gantry_migrator USING (true) WITH CHECK (true);

CREATE FUNCTION find_session(session_token text, wanted text, idle_seconds int)
RETURNS TABLE (id uuid, mfa_at timestamptz, org uuid, actor uuid, actor_kind text, actor_name text, person uuid, actor_groups text[],
  roles json, access_version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT s.id, s."mfaAt", f.*
    FROM auth.session s
    CROSS JOIN LATERAL (
      SELECT a.id FROM actors a JOIN organizations o ON o.org = a.org
       WHERE a.person = s."userId" AND a.disabled_at IS NULL AND (wanted IS NULL OR o.org::text = wanted OR o.name = wanted)
       ORDER BY (a.org = s.organization) DESC NULLS LAST, a.created_at, a.id LIMIT 1) chosen
    CROSS JOIN LATERAL caller_facts(chosen.id) f
   WHERE s.token = session_token AND s."expiresAt" > now() AND s."lastSeenAt" > now() - make_interval(secs => idle_seconds)
$$;

-- A session without regard to organizations: its person may belong to none yet.
CREATE FUNCTION find_session_person(session_token text, idle_seconds int)
RETURNS TABLE (id uuid, person uuid, email text, name text, mfa_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT s.id, u.id, u.email, u.name, s."mfaAt" FROM auth.session s JOIN auth."user" u ON u.id = s."userId"
   WHERE s.token = session_token AND s."expiresAt" > now() AND s."lastSeenAt" > now() - make_interval(secs => idle_seconds)
$$;

-- The organizations between which a session may choose.
CREATE FUNCTION find_session_organizations(session uuid)
RETURNS TABLE (org uuid, name text, actor uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT o.org, o.name, a.id FROM auth.session s JOIN actors a ON a.person = s."userId" AND a.disabled_at IS NULL
    JOIN organizations o ON o.org = a.org WHERE s.id = session ORDER BY o.name
$$;

-- A token is as good as the key or the session that it was made from.
CREATE FUNCTION find_token(parent_kind text, parent uuid, wanted_actor uuid, idle_seconds int)
RETURNS TABLE (scopes text[], mfa_at timestamptz, org uuid, actor uuid, actor_kind text, actor_name text, person uuid,
  actor_groups text[], roles json, access_version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT k.scopes, NULL::timestamptz, f.* FROM api_keys k, caller_facts(k.actor) f
   WHERE parent_kind = 'key' AND k.id = parent AND k.actor = wanted_actor AND k.revoked_at IS NULL
     AND (k.expires_at IS NULL OR k.expires_at > now())
  UNION ALL
  SELECT NULL, s."mfaAt", f.* FROM auth.session s JOIN actors a ON a.person = s."userId", caller_facts(a.id) f
   WHERE parent_kind = 'session' AND s.id = parent AND a.id = wanted_actor AND s."expiresAt" > now()
     AND s."lastSeenAt" > now() - make_interval(secs => idle_seconds)
$$;

CREATE FUNCTION find_invitation(wanted uuid)
RETURNS TABLE (org uuid, organization text, version int, email text, roles text[], groups text[], teams uuid[], open boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT i.org, o.name, i.version, i.email, i.roles, i.groups, i.teams,
    i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()
  FROM invitations i JOIN organizations o ON o.org = i.org WHERE i.id = wanted
$$;

CREATE FUNCTION note_use(keys uuid[], sessions uuid[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  UPDATE api_keys SET last_used_at = now() WHERE id = ANY (keys);
  UPDATE auth.session SET "lastSeenAt" = now() WHERE id = ANY (sessions);
$$;

DO $$
DECLARE f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['find_session(text, text, int)', 'find_session_person(text, int)', 'find_session_organizations(uuid)',
    'find_token(text, uuid, uuid, int)', 'find_invitation(uuid)', 'note_use(uuid[], uuid[])'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gantry_api', f);
  END LOOP;
END $$;
