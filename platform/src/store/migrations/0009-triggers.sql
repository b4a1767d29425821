-- Triggers with their history, freeze windows, and what a run knows of the trigger that started it.

CREATE TABLE triggers (
  org             uuid NOT NULL,
  id              uuid PRIMARY KEY,
  project         uuid NOT NULL REFERENCES projects (id),
  environment     text NOT NULL,
  name            text NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('schedule', 'webhook', 'git', 'run')),
  -- What of the contract's source belongs to the kind.
  source          json NOT NULL,
  runbook         text NOT NULL,
  -- Null: the latest that isn't deprecated.
  runbook_version text,
  parameters      json NOT NULL,
  mapping         json NOT NULL,
  condition       text,
  -- For whom it acts; whether that person still may is asked whenever it fires.
  actor           uuid NOT NULL REFERENCES actors (id),
  -- What it must remember: the next scheduled time, the newest commit, how far it has read.
  memory          json NOT NULL DEFAULT '{}',
  -- When a process has to look at it; null for one that only waits to be called.
  due_at          timestamptz,
  paused_at       timestamptz,
  paused_by       json,
  paused_reason   text,
  created_at      timestamptz NOT NULL DEFAULT now(),
  removed_at      timestamptz
);
CREATE UNIQUE INDEX triggers_name ON triggers (org, project, name) WHERE removed_at IS NULL;
CREATE INDEX triggers_due ON triggers (due_at) WHERE removed_at IS NULL AND due_at IS NOT NULL;

-- What happened: it fired, or why it didn't. What strangers can cause at will is counted, a row per reason and hour.
CREATE TABLE trigger_occurrences (
  org        uuid NOT NULL,
  id         uuid PRIMARY KEY,
  trigger_id uuid NOT NULL,
  -- The scheduled time, or when it came.
  at         timestamptz NOT NULL,
  outcome    text NOT NULL,
  reason     text,
  run_id     uuid,
  -- SHA-256 of the payload; the payload itself isn't kept.
  digest     text,
  bucket     text,
  count      bigint NOT NULL DEFAULT 1,
  last_at    timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (trigger_id, bucket)
);
CREATE INDEX trigger_occurrences_list ON trigger_occurrences (trigger_id, created_at DESC, id DESC);
CREATE INDEX trigger_occurrences_age ON trigger_occurrences (created_at);

-- What makes an occurrence that very one: a scheduled time, a delivery, a commit, a run's end. Inserted in the transaction
-- that creates the run, so that nothing fires twice whoever tries.
CREATE TABLE trigger_keys (
  org        uuid NOT NULL,
  trigger_id uuid NOT NULL,
  key        text NOT NULL,
  occurrence uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (trigger_id, key)
);
CREATE INDEX trigger_keys_age ON trigger_keys (created_at);

CREATE TABLE freezes (
  org         uuid NOT NULL,
  id          uuid PRIMARY KEY,
  -- Both null: everything of the organization. An environment names its project too.
  project     uuid REFERENCES projects (id),
  environment text,
  reason      text NOT NULL,
  actor       json NOT NULL,
  -- Once, or again and again: five fields of cron in a time zone, and for how long.
  starts_at   timestamptz,
  ends_at     timestamptz,
  cron        text,
  time_zone   text,
  duration_ms bigint,
  created_at  timestamptz NOT NULL DEFAULT now(),
  ended_at    timestamptz,
  CHECK (environment IS NULL OR project IS NOT NULL),
  CHECK ((cron IS NULL) = (starts_at IS NOT NULL))
);
CREATE INDEX freezes_active ON freezes (org) WHERE ended_at IS NULL;

-- The windows of freezes, worked out ahead, so that the statement that starts an attempt can look them up itself. The last
-- one of a recurring freeze begins where working out stopped and has no end: what isn't known yet counts as frozen.
CREATE TABLE freeze_windows (
  org         uuid NOT NULL,
  freeze_id   uuid NOT NULL,
  project     uuid,
  environment text,
  starts_at   timestamptz NOT NULL,
  ends_at     timestamptz NOT NULL,
  PRIMARY KEY (freeze_id, starts_at)
);
CREATE INDEX freeze_windows_org ON freeze_windows (org, ends_at);

-- One run may go on although it is frozen, until the windows of that moment are over.
CREATE TABLE freeze_overrides (
  org    uuid NOT NULL,
  run_id uuid NOT NULL,
  until  timestamptz NOT NULL,
  reason text NOT NULL,
  actor  json NOT NULL,
  at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, until)
);

ALTER TABLE runs
  ADD COLUMN trigger_id uuid,
  ADD COLUMN occurrence uuid,
  -- Runs that started each other by triggers, from the first that a person, a clock or a call from outside started.
  ADD COLUMN trigger_depth int NOT NULL DEFAULT 0;
CREATE INDEX runs_finished ON runs (org, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX runs_frozen ON runs (org) WHERE status = 'frozen';

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['triggers', 'trigger_occurrences', 'trigger_keys', 'freezes', 'freeze_windows',
    'freeze_overrides'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO gantry_engine USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY api_own ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid)
      WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON triggers, trigger_occurrences, freezes TO gantry_api, gantry_engine;
GRANT SELECT, INSERT ON trigger_keys, freeze_overrides TO gantry_api, gantry_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON freeze_windows TO gantry_api, gantry_engine;
-- Retention.
GRANT DELETE ON trigger_occurrences, trigger_keys TO gantry_engine;

-- One more command, whatever the list has grown to by now.
DO $$
BEGIN
  EXECUTE format('ALTER POLICY api_commands ON inbox WITH CHECK ((%s) OR (handled_at IS NULL AND kind = ''override_freeze''))',
    (SELECT with_check FROM pg_policies WHERE tablename = 'inbox' AND policyname = 'api_commands'));
END $$;

-- A hook is called before its organization is known. The only way around the policies for that, and around the rule that
-- the API reads no secrets: one trigger, and of the one secret that it names the newest two versions, still sealed.
CREATE FUNCTION find_hook(hook uuid)
RETURNS TABLE (trigger_id uuid, org uuid, secret_id uuid, secret_project uuid, secret_environment text, secret_name text,
  version int, envelope bytea, stored_at timestamptz, source json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT t.id, t.org, s.id, s.project, s.environment, s.name, v.version, v.envelope, v.created_at, t.source
  FROM triggers t
  LEFT JOIN LATERAL (
    SELECT * FROM secrets n WHERE n.org = t.org AND n.name = t.source ->> 'secret'
      AND (n.project IS NULL OR (n.project = t.project AND (n.environment IS NULL OR n.environment = t.environment)))
    ORDER BY n.environment IS NULL, n.project IS NULL LIMIT 1) s ON true
  LEFT JOIN secret_versions v ON v.org = s.org AND v.secret_id = s.id AND v.version > s.version - 2
  WHERE t.id = hook AND t.kind = 'webhook' AND t.removed_at IS NULL
  ORDER BY v.version DESC
$$;
CREATE POLICY hook_lookup ON triggers FOR SELECT TO gantry_migrator USING (true);
CREATE POLICY hook_lookup ON secrets FOR SELECT TO gantry_migrator USING (true);
CREATE POLICY hook_lookup ON secret_versions FOR SELECT TO gantry_migrator USING (true);
REVOKE ALL ON FUNCTION find_hook(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_hook(uuid) TO gantry_api;
