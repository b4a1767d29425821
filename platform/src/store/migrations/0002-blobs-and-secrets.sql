-- Secrets, blobs and logs. Everything that holds content is encrypted before it gets here (platform/src/secrets):
-- these tables and the files beside them are useless without the key file. No foreign keys: retention and erasure
-- delete by index, in any order, without locking the tables of the engine.

-- The host that keeps blobs in files, while one does: a second host couldn't read them. Belongs to no organization.
CREATE TABLE blob_file_host (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  host uuid NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, DELETE ON blob_file_host TO gantry_api, gantry_engine;

CREATE TABLE secrets (
  org uuid NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  -- Both null: the organization's. An environment's secret names its project too.
  project uuid,
  environment text,
  name text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, id),
  UNIQUE NULLS NOT DISTINCT (org, name, project, environment),
  CHECK (environment IS NULL OR project IS NOT NULL)
);

CREATE TABLE secret_versions (
  org uuid NOT NULL,
  secret_id uuid NOT NULL,
  version integer NOT NULL,
  envelope bytea NOT NULL,
  actor text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, secret_id, version)
);

-- Content by its SHA-256. The data key stands here, wrapped, and not beside the content: deleting the row makes every
-- copy of the content unreadable, those in file backups too, and a new key-encryption key rewrites rows, not files.
CREATE TABLE blobs (
  org uuid NOT NULL,
  digest text NOT NULL CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
  -- Where the backend keeps the bytes. Not the digest, which would tell a reader of the disk what the content is.
  id uuid NOT NULL,
  backend text NOT NULL CHECK (backend IN ('files', 'postgres')),
  purpose text NOT NULL,
  content_type text,
  encoding text NOT NULL CHECK (encoding IN ('identity', 'zstd')),
  wrapped_key bytea NOT NULL,
  bytes bigint NOT NULL,
  stored_bytes bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, digest)
);
CREATE INDEX blobs_id ON blobs (id);
CREATE INDEX blobs_purpose ON blobs (org, purpose, created_at);

CREATE TABLE blob_chunks (
  org uuid NOT NULL,
  blob_id uuid NOT NULL,
  ordinal integer NOT NULL,
  content bytea NOT NULL CHECK (octet_length(content) <= 262144),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, blob_id, ordinal)
);
-- Ciphertext doesn't compress; trying would only cost time.
ALTER TABLE blob_chunks ALTER COLUMN content SET STORAGE EXTERNAL;

-- How many segments of logs a run has. Taking the next number locks the row until commit, so that segments of one run
-- become visible in the order of their numbers and a reader that follows never skips one.
CREATE TABLE log_heads (
  org uuid NOT NULL,
  run_id uuid NOT NULL,
  segments integer NOT NULL,
  PRIMARY KEY (org, run_id)
) WITH (fillfactor = 50);

CREATE TABLE log_segments (
  org uuid NOT NULL,
  run_id uuid NOT NULL,
  ordinal integer NOT NULL,
  attempt_id text NOT NULL,
  -- Position within the attempt's log; `to_…` is exclusive.
  from_byte bigint NOT NULL,
  to_byte bigint NOT NULL,
  from_line bigint NOT NULL,
  to_line bigint NOT NULL,
  digest text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, run_id, ordinal)
);
-- Unique, so that a segment written again because its commit went unheard stands here once.
CREATE UNIQUE INDEX log_segments_attempt ON log_segments (org, run_id, attempt_id, from_byte);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['secrets', 'secret_versions', 'blobs', 'blob_chunks', 'log_heads', 'log_segments'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY api ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid) '
      'WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', name);
    EXECUTE format('CREATE POLICY engine ON %I TO gantry_engine USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;

-- The API stores secrets and shows that they exist; only the engine, which runs steps, reads the envelopes.
GRANT SELECT, INSERT, DELETE ON secrets TO gantry_api;
GRANT UPDATE (version, updated_at) ON secrets TO gantry_api;
GRANT SELECT (org, secret_id, version, actor, created_at), INSERT, DELETE ON secret_versions TO gantry_api;
GRANT SELECT ON secrets, secret_versions TO gantry_engine;
-- Re-wrapping after a rotation of the key file.
GRANT UPDATE (envelope) ON secret_versions TO gantry_engine;

GRANT SELECT, INSERT, DELETE ON blobs, blob_chunks TO gantry_api, gantry_engine;
GRANT UPDATE (wrapped_key, id, backend) ON blobs TO gantry_engine;

GRANT SELECT ON log_segments TO gantry_api;
GRANT SELECT, INSERT, DELETE ON log_segments, log_heads TO gantry_engine;
GRANT UPDATE (segments) ON log_heads TO gantry_engine;
