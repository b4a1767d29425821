-- Backups: a role that reads everything and writes nothing, a record of what was backed up and tried, and the state after a
-- restore, in which nothing starts until somebody has looked. Row-level security stays forced for all: the role has a policy on each
-- table that lets it read, so that no superuser and no BYPASSRLS is needed, and a table without that policy is refused, not left out.

-- Belong to no organization, as one backup holds them all.
CREATE TABLE backups (
  id          uuid PRIMARY KEY,
  file        text NOT NULL,
  scheduled   boolean NOT NULL,
  started_at  timestamptz NOT NULL,
  -- Of the snapshot; null while it failed before.
  taken_at    timestamptz,
  finished_at timestamptz NOT NULL DEFAULT now(),
  bytes       bigint,
  rows        bigint,
  blobs       bigint,
  -- {code, message}; null: it is whole.
  error       json,
  removed_at  timestamptz
);
CREATE INDEX backups_newest ON backups (started_at DESC);

-- Restores that were tried out: a backup was restored elsewhere and compared.
CREATE TABLE backup_drills (
  id       uuid PRIMARY KEY,
  backup   uuid NOT NULL,
  taken_at timestamptz NOT NULL,
  at       timestamptz NOT NULL DEFAULT now(),
  -- {code, message}; null: everything was as it should be.
  error    json,
  report   json NOT NULL
);
CREATE INDEX backup_drills_newest ON backup_drills (at DESC);

-- This database was restored, from when to when.
CREATE TABLE restores (
  id          uuid PRIMARY KEY,
  backup      uuid NOT NULL,
  taken_at    timestamptz NOT NULL,
  restored_at timestamptz NOT NULL DEFAULT now(),
  release     text NOT NULL,
  -- Attempts that had begun and not ended when the backup was taken, and runs that may have gone on since.
  attempts    json NOT NULL,
  runs        json NOT NULL,
  resumed_at  timestamptz,
  resumed_by  json
);

-- Set by a restore: nothing starts but inspections, until `resume_restored`.
ALTER TABLE kill_switches ADD COLUMN restore uuid;

INSERT INTO installation (key, value) VALUES ('id', to_json(gen_random_uuid())) ON CONFLICT DO NOTHING;

GRANT SELECT ON backups, backup_drills, restores TO gantry_api, gantry_engine;
GRANT INSERT, UPDATE ON backups, backup_drills TO gantry_engine;

-- The kill switch of all organizations is lifted as before, and what a restore stopped isn't.
CREATE OR REPLACE FUNCTION lift_kill_switch_everywhere() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  UPDATE kill_switches SET lifted_at = now() WHERE org IS NULL AND lifted_at IS NULL AND restore IS NULL;
  INSERT INTO wakeups (run_id, org, pool, rank, due_at)
  SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM runs
  WHERE status = 'halted' AND finished_at IS NULL
  ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)
$$;

-- Work goes on after a restore. False when nothing was stopped by one. Whether the caller may is checked by the API.
CREATE FUNCTION resume_restored(who json) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  UPDATE kill_switches SET lifted_at = now() WHERE org IS NULL AND lifted_at IS NULL AND restore IS NOT NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE restores SET resumed_at = now(), resumed_by = who WHERE resumed_at IS NULL;
  INSERT INTO wakeups (run_id, org, pool, rank, due_at)
  SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM runs
  WHERE status = 'halted' AND finished_at IS NULL
  ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at);
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION resume_restored(json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION resume_restored(json) TO gantry_api;

-- Lets the backup's role read every table there is. Run after each migration, so that none has to think of it.
CREATE FUNCTION let_backup_read() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE t record;
BEGIN
  FOR t IN SELECT DISTINCT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND pg_get_userbyid(c.relowner) = current_user
      AND NOT has_schema_privilege('gantry_backup', n.oid, 'USAGE') LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO gantry_backup', t.nspname);
  END LOOP;
  FOR t IN SELECT n.nspname, c.relname, c.relkind, c.relrowsecurity, has_table_privilege('gantry_backup', c.oid, 'SELECT') AS may,
      EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'backup') AS has_policy
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S') AND NOT c.relispartition AND c.relpersistence = 'p' AND pg_get_userbyid(c.relowner) = current_user LOOP
    IF NOT t.may THEN
      EXECUTE format('GRANT SELECT ON %I.%I TO gantry_backup', t.nspname, t.relname);
    END IF;
    IF t.relrowsecurity AND NOT t.has_policy THEN
      EXECUTE format('CREATE POLICY backup ON %I.%I FOR SELECT TO gantry_backup USING (true)', t.nspname, t.relname);
    END IF;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION let_backup_read() FROM PUBLIC;
SELECT let_backup_read();

-- What became of what was under way when the backup was taken. Spans organizations: whether the caller may is checked by the API.
CREATE FUNCTION restore_report() RETURNS json LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT json_build_object('backup', s.backup, 'takenAt', s.taken_at, 'restoredAt', s.restored_at, 'release', s.release,
    'resumedAt', s.resumed_at, 'resumedBy', s.resumed_by,
    'attempts', (SELECT COALESCE(json_agg(json_build_object('run', a.run, 'goal', r.goal, 'step', a.step, 'operation', a.operation,
        'outcome', CASE
          WHEN e.type = 'attempt.settled' THEN e.data ->> 'outcome'
          WHEN e.type = 'attempt.succeeded' THEN 'done'
          WHEN e.type = 'attempt.failed' THEN 'failed'
          WHEN r.status = 'needs_attention' OR EXISTS (SELECT FROM events u WHERE u.run_id = a.run AND u.type = 'step.outcome_unclear'
            AND u.data ->> 'step' = a.step) THEN 'unclear'
          ELSE 'open' END) ORDER BY a.run), '[]')
      FROM json_to_recordset(s.attempts) AS a (run uuid, attempt text, step text, operation text)
      JOIN runs r ON r.id = a.run
      LEFT JOIN LATERAL (SELECT e.type, e.data FROM events e WHERE e.run_id = a.run AND e.data ->> 'attemptId' = a.attempt
        AND e.type IN ('attempt.settled', 'attempt.succeeded', 'attempt.failed') ORDER BY e.seq DESC LIMIT 1) e ON true),
    'runs', (SELECT COALESCE(json_agg(json_build_object('run', r.id, 'goal', r.goal, 'environment', r.environment, 'status', r.status)
        ORDER BY r.id), '[]')
      FROM json_to_recordset(s.runs) AS u (run uuid) JOIN runs r ON r.id = u.run WHERE r.finished_at IS NULL))
  FROM restores s ORDER BY s.restored_at DESC LIMIT 1
$$;
REVOKE ALL ON FUNCTION restore_report() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION restore_report() TO gantry_api;
