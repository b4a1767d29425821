-- Retention: finished runs that are old enough are archived (their history as a blob, an entry in the organization's chain), and
-- then purged. New tables, and less rights than before: until now whoever had the engine's role could delete history. From here
-- nobody can; the one function that does asks itself whether the run is archived, ended, and needed by nobody. Nothing of the
-- release before deleted any of it, so it goes on.

-- What an organization chose; without a row the installation's default holds.
CREATE TABLE retention_rules (
  org        uuid PRIMARY KEY REFERENCES organizations (org),
  -- Days that a run is kept once it has ended; null: for ever.
  keep_days  int CHECK (keep_days BETWEEN 1 AND 36500),
  actor      json NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- A run that must stay, however old it gets.
CREATE TABLE run_holds (
  org    uuid NOT NULL,
  run_id uuid PRIMARY KEY,
  reason text NOT NULL,
  actor  json NOT NULL,
  at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX run_holds_org ON run_holds (org, at);

-- Runs that were purged. Each entry's hash covers the entry before it, so that none can be changed, left out or put in later.
CREATE TABLE archived_runs (
  org       uuid NOT NULL,
  -- 1, 2, 3, … of the organization.
  ordinal   bigint NOT NULL,
  run_id    uuid NOT NULL UNIQUE,
  -- At which its history ended.
  seq       int NOT NULL,
  -- As it was hashed, to the letter: what the run was, the digest and counts of its archive, by which rule and when.
  entry     json NOT NULL,
  hash      text NOT NULL,
  -- Of the blob with the archive.
  digest    text NOT NULL,
  purged_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, ordinal)
);

-- How far back an organization's feed is whole: behind this position nothing was purged. And what was purged, in numbers.
CREATE TABLE journal_purges (
  org    uuid PRIMARY KEY,
  xid    xid8 NOT NULL,
  run_id uuid NOT NULL,
  seq    int NOT NULL,
  runs   bigint NOT NULL,
  events bigint NOT NULL
);

-- Content that purged runs referred to. Whether something else does is found out by reading, now and then, for all of it.
CREATE TABLE purged_references (
  org    uuid NOT NULL,
  digest text NOT NULL,
  since  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (org, digest)
);
-- Storing content that is there already counts as use: who does it refers to it in a moment.
ALTER TABLE blobs ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();

-- One process at a time looks after retention.
CREATE TABLE retention_lease (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  holder   uuid,
  until    timestamptz NOT NULL DEFAULT now(),
  swept_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO retention_lease DEFAULT VALUES;
GRANT SELECT, UPDATE ON retention_lease TO gantry_engine;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['retention_rules', 'run_holds', 'archived_runs', 'journal_purges', 'purged_references'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY api ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid) '
      'WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', name);
    EXECUTE format('CREATE POLICY engine ON %I TO gantry_engine USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_rules TO gantry_api;
GRANT SELECT, INSERT, DELETE ON run_holds TO gantry_api;
GRANT SELECT ON archived_runs, journal_purges TO gantry_api;
GRANT SELECT ON retention_rules, run_holds, journal_purges TO gantry_engine;
GRANT SELECT, INSERT ON archived_runs TO gantry_engine;
GRANT SELECT, DELETE ON purged_references TO gantry_engine;
GRANT UPDATE (used_at) ON blobs TO gantry_api, gantry_engine;

-- Only the functions below delete history; they run as the owner, to whom policies apply as well.
REVOKE DELETE ON runs, events, plans, change_sets, approvals FROM gantry_engine;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['runs', 'events', 'plans', 'inbox', 'wakeups', 'change_sets', 'approvals', 'slots',
    'slot_waiters', 'permits', 'permit_waiters', 'budget_accounts', 'freeze_overrides', 'goals', 'goal_runs', 'log_segments', 'log_heads',
    'blobs', 'run_holds', 'archived_runs', 'journal_purges', 'purged_references', 'organizations'] LOOP
    EXECUTE format('CREATE POLICY retention ON %I TO gantry_migrator USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;

-- Deletes runs that belong together: a run, its sub-runs, and the other runs of its goal. All of them or, by an exception, none:
-- each must be archived as it stands now, and nobody may still need one of them. Returns the digests of their logs.
CREATE FUNCTION purge_archived_runs(wanted uuid[]) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  found int;
  logs text[];
BEGIN
  PERFORM FROM runs WHERE id = ANY (wanted) ORDER BY id FOR UPDATE;
  SELECT count(*) INTO found FROM runs r JOIN archived_runs a ON a.run_id = r.id AND a.org = r.org AND a.seq = r.seq
  WHERE r.id = ANY (wanted) AND r.finished_at IS NOT NULL AND r.owner IS NULL
    AND NOT EXISTS (SELECT FROM run_holds h WHERE h.run_id = r.id)
    AND NOT EXISTS (SELECT FROM wakeups w WHERE w.run_id = r.id)
    AND NOT EXISTS (SELECT FROM inbox m WHERE m.run_id = r.id AND m.handled_at IS NULL)
    AND NOT EXISTS (SELECT FROM slots s WHERE s.run_id = r.id)
    AND NOT EXISTS (SELECT FROM permits p WHERE p.run_id = r.id AND p.phase <> 'ended')
    AND (r.parent IS NULL OR r.parent = ANY (wanted) OR NOT EXISTS (SELECT FROM runs p WHERE p.id = r.parent))
    AND NOT EXISTS (SELECT FROM runs c WHERE c.parent = r.id AND c.id <> ALL (wanted));
  IF found <> cardinality(wanted) THEN
    RAISE EXCEPTION 'Of % runs % may be purged', cardinality(wanted), found USING ERRCODE = 'GR001';
  END IF;

  INSERT INTO purged_references (org, digest)
  SELECT org, plan_digest FROM runs WHERE id = ANY (wanted)
  UNION SELECT e.org, m[1] FROM events e, regexp_matches(e.data::text, '"\$(?:artifact|files)":"(sha256:[0-9a-f]{64})"', 'g') m
    WHERE e.run_id = ANY (wanted)
  UNION SELECT p.org, m[1] FROM plans p JOIN runs r ON r.org = p.org AND r.plan_digest = p.digest,
      regexp_matches(p.plan::text, '"\$(?:artifact|files)":"(sha256:[0-9a-f]{64})"', 'g') m WHERE r.id = ANY (wanted)
  ON CONFLICT (org, digest) DO UPDATE SET since = excluded.since;

  WITH gone AS (DELETE FROM events WHERE run_id = ANY (wanted) RETURNING org, xid, run_id, seq),
    last AS (SELECT DISTINCT ON (org) * FROM gone ORDER BY org, xid DESC, run_id DESC, seq DESC),
    numbers AS (SELECT org, count(DISTINCT run_id) AS runs, count(*) AS events FROM gone GROUP BY org)
  INSERT INTO journal_purges AS j (org, xid, run_id, seq, runs, events)
  SELECT org, xid, run_id, seq, runs, events FROM last JOIN numbers USING (org)
  ON CONFLICT (org) DO UPDATE SET runs = j.runs + excluded.runs, events = j.events + excluded.events,
    (xid, run_id, seq) = (SELECT p.xid, p.run_id, p.seq
      FROM (VALUES (j.xid, j.run_id, j.seq), (excluded.xid, excluded.run_id, excluded.seq)) p (xid, run_id, seq)
      ORDER BY p.xid DESC, p.run_id DESC, p.seq DESC LIMIT 1);

  WITH gone AS (DELETE FROM log_segments WHERE run_id = ANY (wanted) RETURNING digest)
  SELECT COALESCE(array_agg(DISTINCT digest), '{}') INTO logs FROM gone;
  DELETE FROM log_heads WHERE run_id = ANY (wanted);
  DELETE FROM inbox WHERE run_id = ANY (wanted);
  DELETE FROM approvals WHERE run_id = ANY (wanted);
  DELETE FROM change_sets WHERE run_id = ANY (wanted);
  DELETE FROM slot_waiters WHERE run_id = ANY (wanted);
  DELETE FROM permit_waiters WHERE run_id = ANY (wanted);
  DELETE FROM permits WHERE run_id = ANY (wanted);
  DELETE FROM budget_accounts WHERE subject = ANY (wanted);
  DELETE FROM freeze_overrides WHERE run_id = ANY (wanted);
  WITH gone AS (DELETE FROM goal_runs WHERE run = ANY (wanted) RETURNING org, goal, run)
  DELETE FROM goals g USING gone WHERE g.org = gone.org AND g.id = gone.goal
    AND NOT EXISTS (SELECT FROM goal_runs o WHERE o.org = g.org AND o.goal = g.id AND o.run <> ALL (wanted));
  DELETE FROM runs WHERE id = ANY (wanted);
  RETURN logs;
END $$;
REVOKE ALL ON FUNCTION purge_archived_runs(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_archived_runs(uuid[]) TO gantry_engine;

-- Deletes plans of which no run is left. A run that is being made may have found its plan there already, so nobody makes one
-- meanwhile: the lock waits for those under way (the caller bounds how long), and only runs since the look at all of them are looked at.
CREATE FUNCTION purge_plans(of uuid, digests text[], looked timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE gone int;
BEGIN
  LOCK TABLE plans IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM plans p WHERE p.org = of AND p.digest = ANY (digests)
    AND NOT EXISTS (SELECT FROM runs r WHERE r.org = of AND r.created_at > looked - interval '5 minutes' AND r.plan_digest = p.digest);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION purge_plans(uuid, text[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_plans(uuid, text[], timestamptz) TO gantry_engine;

-- Numbers over all organizations, and nothing but numbers.
CREATE FUNCTION retention_metrics() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT json_build_object(
    'runs', (SELECT COALESCE(sum(runs), 0) FROM journal_purges),
    'events', (SELECT COALESCE(sum(events), 0) FROM journal_purges),
    'holds', (SELECT count(*) FROM run_holds),
    'oldestRunSeconds', (SELECT COALESCE(EXTRACT(epoch FROM now() - min(first.finished_at)), 0) FROM organizations o
      CROSS JOIN LATERAL (SELECT finished_at FROM runs r WHERE r.org = o.org AND r.finished_at IS NOT NULL
        ORDER BY r.finished_at LIMIT 1) first))
$$;
REVOKE ALL ON FUNCTION retention_metrics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention_metrics() TO gantry_api;
