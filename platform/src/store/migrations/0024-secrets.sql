-- A data key per organization, under a key-encryption key that stands in a file or in Vault: everything of an organization that is
-- encrypted hangs on it, so deleting these rows makes all of it unreadable, and a new key-encryption key rewrites only them.

CREATE TABLE org_keys (
  org        uuid NOT NULL,
  version    integer NOT NULL CHECK (version > 0),
  -- Under the key that `kek` names; null once retired.
  wrapped    bytea,
  -- `file:<id>`, or `vault:<mount>/<key>:<version>`.
  kek        text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  CHECK ((wrapped IS NULL) = (retired_at IS NOT NULL)),
  PRIMARY KEY (org, version)
);

-- The re-encryption of an organization for its newest key, under way or done: where it stands, so that it can be taken up again.
CREATE TABLE key_moves (
  org         uuid PRIMARY KEY,
  target      integer NOT NULL,
  -- The kind of content that is looked at, and the last of it that was.
  kind        text NOT NULL DEFAULT '',
  after       text NOT NULL DEFAULT '',
  moved       bigint NOT NULL DEFAULT 0,
  total       bigint,
  failure     text,
  started_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE INDEX key_moves_open ON key_moves (org) WHERE finished_at IS NULL;

-- One process at a time re-encrypts.
CREATE TABLE encryption_lease (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  holder   uuid,
  until    timestamptz NOT NULL DEFAULT now(),
  -- Whether all keys of organizations are to be wrapped anew: there is a newer key-encryption key.
  rewrap   boolean NOT NULL DEFAULT false
);
INSERT INTO encryption_lease DEFAULT VALUES;
GRANT SELECT, UPDATE ON encryption_lease TO gantry_engine;

-- Credentials that Vault made for a run: renewed while it lives, revoked at its end, by whichever process looks next. No value
-- stands here.
CREATE TABLE secret_leases (
  org         uuid NOT NULL,
  id          uuid NOT NULL,
  run_id      uuid NOT NULL,
  attempt_id  text NOT NULL,
  -- Where the connection is looked for.
  project     uuid NOT NULL,
  environment text NOT NULL,
  connection  text NOT NULL,
  path        text NOT NULL,
  -- Vault's; null while it is being asked for.
  lease       text,
  renewable   boolean NOT NULL DEFAULT false,
  ttl_seconds integer NOT NULL DEFAULT 0,
  created_at  timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz NOT NULL,
  -- When it is to be renewed, or revoking it is tried (again).
  due_at      timestamptz NOT NULL,
  status      text NOT NULL CHECK (status IN ('asked', 'live', 'revoking')),
  tries       integer NOT NULL DEFAULT 0,
  failure     text,
  PRIMARY KEY (org, id)
);
CREATE INDEX secret_leases_run ON secret_leases (run_id);

-- Which version of which secret a run was given: what another worker that takes it over hides in its output too.
CREATE TABLE run_secrets (
  org       uuid NOT NULL,
  run_id    uuid NOT NULL,
  secret_id uuid NOT NULL,
  version   integer NOT NULL,
  PRIMARY KEY (org, run_id, secret_id, version)
);
CREATE INDEX run_secrets_run ON run_secrets (run_id);

ALTER TABLE secrets
  ADD COLUMN last_used_at timestamptz,
  -- When it ought to be replaced, because somebody said so or because it stops working then.
  ADD COLUMN rotate_by timestamptz,
  -- The version that was in use before, which receivers still know for a while.
  ADD COLUMN former integer,
  -- The highest version there ever was; after an older one was restored that isn't the one in use.
  ADD COLUMN newest integer NOT NULL DEFAULT 1;
CREATE POLICY backfill ON secrets TO gantry_migrator USING (true) WITH CHECK (true);
UPDATE secrets SET former = version - 1, newest = version WHERE version > 1;
DROP POLICY backfill ON secrets;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['org_keys', 'key_moves', 'secret_leases', 'run_secrets'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY api ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid) '
      'WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', name);
    EXECUTE format('CREATE POLICY engine ON %I TO gantry_engine USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;

-- The API sees which keys there are, never the keys.
GRANT SELECT (org, version, kek, created_at, retired_at) ON org_keys TO gantry_api;
GRANT SELECT, INSERT, DELETE ON org_keys TO gantry_engine;
GRANT UPDATE (wrapped, kek, retired_at) ON org_keys TO gantry_engine;
GRANT INSERT (org, version, wrapped, kek) ON org_keys TO gantry_api;
GRANT SELECT, INSERT, UPDATE ON key_moves TO gantry_api;
GRANT UPDATE (rewrap) ON encryption_lease TO gantry_api;
GRANT SELECT ON secret_leases TO gantry_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON key_moves, secret_leases TO gantry_engine;
GRANT SELECT, INSERT, DELETE ON run_secrets TO gantry_engine;

GRANT UPDATE (rotate_by, former, newest) ON secrets TO gantry_api;
GRANT UPDATE (last_used_at) ON secrets TO gantry_engine;
GRANT UPDATE (sealed) ON terraform_state_versions TO gantry_engine;
GRANT SELECT ON terraform_state_versions, idempotency_keys TO gantry_engine;

-- As before, but the former version is the one that was in use before, which needn't be the number below.
CREATE OR REPLACE FUNCTION find_hook(hook uuid)
RETURNS TABLE (trigger_id uuid, org uuid, secret_id uuid, secret_project uuid, secret_environment text, secret_name text,
  version int, envelope bytea, stored_at timestamptz, source json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT t.id, t.org, s.id, s.project, s.environment, s.name, v.version, v.envelope, s.updated_at, t.source
  FROM triggers t
  LEFT JOIN LATERAL (
    SELECT * FROM secrets n WHERE n.org = t.org AND n.name = t.source ->> 'secret'
      AND (n.project IS NULL OR (n.project = t.project AND (n.environment IS NULL OR n.environment = t.environment)))
    ORDER BY n.environment IS NULL, n.project IS NULL LIMIT 1) s ON true
  LEFT JOIN secret_versions v ON v.org = s.org AND v.secret_id = s.id AND v.version IN (s.version, s.former)
  WHERE t.id = hook AND t.kind = 'webhook' AND t.removed_at IS NULL
  ORDER BY v.version = s.version DESC
$$;
