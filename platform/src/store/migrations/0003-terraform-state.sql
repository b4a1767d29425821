-- Terraform's states with their versions and locks, what metrics and the installation-wide kill switch need of tables
-- that the API's role can't see whole, and an index for forgetting idempotency keys.

CREATE TABLE terraform_states (
  org         uuid NOT NULL,
  id          uuid NOT NULL,
  project     uuid NOT NULL REFERENCES projects (id),
  environment text NOT NULL,
  name        text NOT NULL,
  -- The newest version; 0 while there is none.
  version     int NOT NULL DEFAULT 0,
  -- Who holds it, in Terraform's words; null when nobody does.
  lock        json,
  lock_id     text,
  lock_run    text,
  lock_attempt text,
  locked_at   timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, id),
  UNIQUE (org, project, environment, name)
);

-- Nothing is overwritten: each write is a version, and so is a deletion (without content).
CREATE TABLE terraform_state_versions (
  org           uuid NOT NULL,
  state         uuid NOT NULL,
  version       int NOT NULL,
  -- Envelope-encrypted and bound to organization, state and version; null for a deletion.
  sealed        bytea,
  bytes         int NOT NULL,
  serial        bigint,
  lineage       text,
  actor         text NOT NULL,
  run           text,
  lock_id       text,
  restored_from int,
  reason        text,
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, state, version)
);
-- Ciphertext doesn't compress; trying would only cost time.
ALTER TABLE terraform_state_versions ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Every lock that was ever given: its holder may write even after the lock was taken from it, or resources that
-- exist would be lost track of.
CREATE TABLE terraform_state_locks (
  org         uuid NOT NULL,
  state       uuid NOT NULL,
  lock_id     text NOT NULL,
  run         text,
  attempt     text,
  actor       text NOT NULL,
  locked_at   timestamptz NOT NULL DEFAULT now(),
  unlocked_at timestamptz,
  -- Set when somebody else took it away.
  forced_by   text,
  reason      text,
  PRIMARY KEY (org, state, lock_id)
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['terraform_states', 'terraform_state_versions', 'terraform_state_locks'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY api ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid) '
      'WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', name);
    EXECUTE format('CREATE POLICY engine ON %I TO gantry_engine USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON terraform_states, terraform_state_locks TO gantry_api;
GRANT SELECT, INSERT ON terraform_state_versions TO gantry_api;
GRANT SELECT ON terraform_states, terraform_state_versions, terraform_state_locks TO gantry_engine;

CREATE INDEX idempotency_keys_age ON idempotency_keys (org, created_at);
CREATE INDEX runs_active ON runs (status) WHERE finished_at IS NULL;

-- Numbers over all organizations, and nothing but numbers.
CREATE FUNCTION queue_metrics() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT json_build_object(
    'queued', (SELECT count(*) FROM wakeups WHERE due_at <= now()),
    'oldestDueSeconds', (SELECT COALESCE(EXTRACT(epoch FROM now() - min(due_at)), 0) FROM wakeups WHERE due_at <= now()),
    'feedLagTransactions',
      (pg_snapshot_xmax(pg_current_snapshot())::text::numeric - pg_snapshot_xmin(pg_current_snapshot())::text::numeric),
    'workersAlive', (SELECT count(*) FROM workers
      WHERE state IN ('active', 'draining') AND beat_at > now() - lease_ms * interval '1 millisecond'),
    'runs', (SELECT COALESCE(json_object_agg(status, n), '{}'::json)
      FROM (SELECT status, count(*) AS n FROM runs WHERE finished_at IS NULL GROUP BY status) s))
$$;
CREATE POLICY metrics ON wakeups FOR SELECT TO gantry_migrator USING (true);
CREATE POLICY metrics ON runs FOR SELECT TO gantry_migrator USING (true);
REVOKE ALL ON FUNCTION queue_metrics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_metrics() TO gantry_api;

-- The kill switch of all organizations. Whether the caller may is checked by the API (scope admin:everywhere).
CREATE FUNCTION set_kill_switch_everywhere(switch uuid, why text, who json) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  INSERT INTO kill_switches (id, org, reason, actor)
  VALUES (switch, NULL, why, who)
$$;
CREATE FUNCTION lift_kill_switch_everywhere() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  UPDATE kill_switches SET lifted_at = now() WHERE org IS NULL AND lifted_at IS NULL;
  INSERT INTO wakeups (run_id, org, pool, rank, due_at)
  SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM runs WHERE status = 'halted'
  ON CONFLICT (run_id) DO UPDATE
    SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)
$$;
CREATE POLICY everywhere ON kill_switches TO gantry_migrator USING (org IS NULL) WITH CHECK (org IS NULL);
CREATE POLICY everywhere ON wakeups TO gantry_migrator USING (true) WITH CHECK (true);
REVOKE ALL ON FUNCTION set_kill_switch_everywhere(uuid, text, json), lift_kill_switch_everywhere() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_kill_switch_everywhere(uuid, text, json), lift_kill_switch_everywhere() TO gantry_api;
