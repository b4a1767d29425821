-- The journal by month: `events` is partitioned by the time of the run's creation, with which its id (a UUID of version 7) begins.
-- A month whose runs are all purged is dropped, and its disk is free again; until now Postgres only filled the room anew. The table
-- that was there becomes the first partition as it is: nothing is copied. To attach it Postgres must know that it holds nothing
-- later, and finds out by reading all of it; so a constraint that says so is checked before, while runs go on.

-- The smallest id of a moment, and the moment of an id.
CREATE OR REPLACE FUNCTION first_id_of(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS
  $$ SELECT rpad(lpad(to_hex((EXTRACT(epoch FROM moment) * 1000)::bigint), 12, '0'), 32, '0')::uuid $$;
CREATE OR REPLACE FUNCTION moment_of(id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT AS
  $$ SELECT to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0) $$;
-- The beginning of the month of a moment, or of one behind it.
CREATE OR REPLACE FUNCTION month_of(moment timestamptz, later int) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT AS
  $$ SELECT (date_trunc('month', moment AT TIME ZONE 'UTC') + make_interval(months => later)) AT TIME ZONE 'UTC' $$;

DO $$
DECLARE
  -- Far enough that the release before goes on writing, should this migration not come to its end.
  bound uuid := first_id_of(month_of(now() + interval '31 days', 1));
BEGIN
  ALTER TABLE events DROP CONSTRAINT IF EXISTS events_earlier;
  -- With such ids in it (of a clock that was wrong) the table is read when it is attached, once they are moved.
  IF EXISTS (SELECT FROM events) AND NOT EXISTS (SELECT FROM events WHERE run_id >= bound) THEN
    EXECUTE format('ALTER TABLE events ADD CONSTRAINT events_earlier CHECK (run_id < %L) NOT VALID', bound);
  END IF;
END $$;

-- next transaction

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'events_earlier' AND conrelid = 'events'::regclass) THEN
    ALTER TABLE events VALIDATE CONSTRAINT events_earlier;
  END IF;
END $$;

-- next transaction

LOCK TABLE events IN ACCESS EXCLUSIVE MODE;
ALTER TABLE events RENAME TO events_earlier;
ALTER INDEX events_pkey RENAME TO events_earlier_pkey;
ALTER INDEX events_feed_order RENAME TO events_earlier_feed_order;

CREATE TABLE events (LIKE events_earlier INCLUDING DEFAULTS, PRIMARY KEY (run_id, seq)) PARTITION BY RANGE (run_id);
CREATE INDEX events_feed_order ON events (org, xid);
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON events TO gantry_engine USING (true) WITH CHECK (true);
CREATE POLICY api_own ON events TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY api_new ON events AS RESTRICTIVE FOR INSERT TO gantry_api WITH CHECK (seq = 1 AND type = 'run.created');
CREATE POLICY retention ON events TO gantry_migrator USING (true) WITH CHECK (true);
-- The engine could change history, and never did: that right is gone.
GRANT SELECT, INSERT ON events TO gantry_api, gantry_engine;

CREATE TABLE events_default PARTITION OF events DEFAULT;

-- What each partition holds: ids from `first` to before `bound`. No `first`: from the beginning; neither: what fits nowhere else.
CREATE VIEW event_partitions AS
SELECT c.relname AS name, c.oid, (substring(said FROM 'FROM \(''([^'']+)'''))::uuid AS first,
  (substring(said FROM 'TO \(''([^'']+)'''))::uuid AS bound
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, pg_get_expr(c.relpartbound, c.oid) AS said
WHERE i.inhparent = 'events'::regclass;

-- No role has rights on a partition itself, and its own policies show it to nobody but the functions below, which must see
-- whether it is empty.
CREATE FUNCTION close_event_partition(name text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE old text;
BEGIN
  FOR old IN SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = name LOOP
    EXECUTE format('DROP POLICY %I ON %I', old, name);
  END LOOP;
  EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, gantry_api, gantry_engine', name);
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
  EXECUTE format('CREATE POLICY upkeep ON %I TO gantry_migrator USING (true) WITH CHECK (true)', name);
END $$;
REVOKE ALL ON FUNCTION close_event_partition(text) FROM PUBLIC;

-- Makes the months that are missing, from yesterday's to the third behind it, and returns how many. What was there before its
-- month moves along with it. Who writes waits only where such a run is written right now.
CREATE FUNCTION make_event_partitions() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  month timestamptz;
  low uuid;
  high uuid;
  name text;
  made int := 0;
BEGIN
  -- Another process is at it.
  IF NOT pg_try_advisory_xact_lock(4021979) THEN
    RETURN 0;
  END IF;
  FOR later IN 0..3 LOOP
    month := month_of(now() - interval '1 day', later);
    low := first_id_of(month);
    high := first_id_of(month_of(month, 1));
    CONTINUE WHEN EXISTS (SELECT FROM event_partitions p WHERE (p.first IS NULL OR p.first <= low) AND p.bound > low);
    name := to_char(month AT TIME ZONE 'UTC', '"events_"YYYY_MM');
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS)', name);
    LOCK TABLE events_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM events_default WHERE run_id >= %L AND run_id < %L RETURNING *) '
      'INSERT INTO %I SELECT * FROM moved', low, high, name);
    PERFORM close_event_partition(name);
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, low, high);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;
REVOKE ALL ON FUNCTION make_event_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_event_partitions() TO gantry_engine;

-- Drops the oldest partition that is over and empty, and returns its name; null when there is none. However long the look takes,
-- nobody waits for it: only writing to that partition is held off. For the drop all who write wait for a moment, and for
-- no longer than the time limit if somebody reads for long.
CREATE FUNCTION drop_empty_event_partition() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  old record;
  held uuid;
BEGIN
  FOR old IN SELECT p.name FROM event_partitions p JOIN pg_policies s
      ON s.schemaname = 'public' AND s.tablename = p.name AND s.policyname = 'upkeep' AND s.qual = 'true'
    WHERE p.bound <= first_id_of(now() - interval '1 day') ORDER BY p.bound
  LOOP
    -- By its index: deleted rows in front would be read one by one.
    EXECUTE format('SELECT run_id FROM %I ORDER BY run_id LIMIT 1', old.name) INTO held;
    CONTINUE WHEN held IS NOT NULL;
    EXECUTE format('LOCK TABLE %I IN SHARE MODE', old.name);
    EXECUTE format('SELECT run_id FROM %I ORDER BY run_id LIMIT 1', old.name) INTO held;
    CONTINUE WHEN held IS NOT NULL;
    EXECUTE format('DROP TABLE %I', old.name);
    RETURN old.name;
  END LOOP;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION drop_empty_event_partition() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_empty_event_partition() TO gantry_engine;

-- Numbers over all organizations. `strays` fit into no month, and are counted to a thousand.
CREATE FUNCTION journal_metrics() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT json_build_object('partitions', count(*), 'bytes', sum(pg_total_relation_size(oid)),
    'since', CASE WHEN count(*) FILTER (WHERE first IS NULL AND bound IS NOT NULL) = 0
      THEN to_char(moment_of(min(first::text)::uuid) AT TIME ZONE 'UTC', 'YYYY-MM') END,
    'until', to_char(moment_of(max(bound::text)::uuid) AT TIME ZONE 'UTC', 'YYYY-MM'),
    'strays', (SELECT count(*) FROM (SELECT FROM events_default LIMIT 1000) s))
  FROM event_partitions
$$;
REVOKE ALL ON FUNCTION journal_metrics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_metrics() TO gantry_api, gantry_engine;

SELECT close_event_partition('events_default');
DO $$
DECLARE
  bound uuid := COALESCE(
    (SELECT substring(pg_get_constraintdef(oid) FROM '[0-9a-f]{8}-[0-9a-f-]{27}') FROM pg_constraint
      WHERE conname = 'events_earlier' AND conrelid = 'events_earlier'::regclass)::uuid,
    first_id_of(month_of(now() + interval '31 days', 1)));
BEGIN
  IF NOT EXISTS (SELECT FROM events_earlier) THEN
    DROP TABLE events_earlier;
  ELSE
    WITH moved AS (DELETE FROM events_earlier WHERE run_id >= bound RETURNING *) INSERT INTO events SELECT * FROM moved;
    EXECUTE format('ALTER TABLE events ATTACH PARTITION events_earlier FOR VALUES FROM (MINVALUE) TO (%L)', bound);
    ALTER TABLE events_earlier DROP CONSTRAINT IF EXISTS events_earlier;
    PERFORM close_event_partition('events_earlier');
  END IF;
END $$;
SELECT make_event_partitions();
