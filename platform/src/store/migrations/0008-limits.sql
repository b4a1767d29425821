-- What keeps runs from overrunning what they use: connections, limits of rate and concurrency, circuit breakers, budgets
-- and quotas. Definitions are what people set; counters are what workers share. An attempt that something here covers
-- needs a permit: a row that holds its share of every counter before it starts, and gives it back when its end is known.

-- Grows with every change of a definition or of a breaker's state, so that workers know when to read them again.
CREATE TABLE rules_version (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  n bigint NOT NULL
);
INSERT INTO rules_version (n) VALUES (1);
GRANT SELECT ON rules_version TO gantry_api, gantry_engine;
CREATE FUNCTION rules_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  UPDATE rules_version SET n = n + 1;
  RETURN NULL;
END $$;

-- How to reach something. The nearest of a name wins: the environment's, else the project's, else the organization's.
CREATE TABLE connections (
  org         uuid NOT NULL,
  id          uuid NOT NULL,
  project     uuid,
  environment text,
  name        text NOT NULL,
  kind        text NOT NULL,
  -- Plain facts: an address, a region. Credentials are names of secrets.
  settings    json NOT NULL,
  secrets     json NOT NULL,
  actor       text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, id),
  UNIQUE NULLS NOT DISTINCT (org, name, project, environment),
  CHECK (environment IS NULL OR project IS NOT NULL)
);

-- `rate`: attempts per `per_ms`; `concurrency`: attempts at once. Of a tool, a connection, or a tool on a connection.
CREATE TABLE limits (
  org         uuid NOT NULL,
  id          uuid NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('rate', 'concurrency')),
  tool        text,
  connection  text,
  project     uuid,
  environment text,
  amount      int NOT NULL CHECK (amount > 0),
  per_ms      bigint CHECK (per_ms > 0),
  actor       text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, id),
  UNIQUE NULLS NOT DISTINCT (org, kind, tool, connection, project, environment),
  CHECK (tool IS NOT NULL OR connection IS NOT NULL),
  CHECK ((kind = 'rate') = (per_ms IS NOT NULL)),
  CHECK (environment IS NULL OR project IS NOT NULL)
);
CREATE TABLE limit_counters (
  org  uuid NOT NULL,
  id   uuid PRIMARY KEY,
  -- Permits whose place is taken until something is known of their attempt.
  held int NOT NULL DEFAULT 0,
  -- [[Unix milliseconds, places that come free then], …] of a rate limit.
  marks json NOT NULL DEFAULT '[]',
  -- Up to when those who wait have their turns.
  tail bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- A row comes into being with a connection's first failure. `trial`: the attempt that is let through half-open.
CREATE TABLE breakers (
  org         uuid NOT NULL,
  id          uuid NOT NULL,
  connection  text NOT NULL,
  project     uuid,
  environment text,
  state       text NOT NULL DEFAULT 'closed' CHECK (state IN ('closed', 'open', 'half_open')),
  -- Unix milliseconds of the latest failures.
  failures    json NOT NULL DEFAULT '[]',
  opened_at   bigint,
  retry_at    bigint,
  open_ms     bigint NOT NULL DEFAULT 0,
  trial       uuid,
  reason      text,
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  UNIQUE NULLS NOT DISTINCT (org, connection, project, environment)
) WITH (fillfactor = 50);

-- Amounts are whole: money in minor units, requests, time in milliseconds. All budgets that cover an attempt must hold.
CREATE TABLE budgets (
  org         uuid NOT NULL,
  id          uuid NOT NULL,
  name        text NOT NULL,
  measure     text NOT NULL CHECK (measure IN ('money', 'requests', 'time')),
  currency    text,
  project     uuid,
  agent       text,
  run         uuid,
  -- Each run by itself may use this much.
  each_run    boolean NOT NULL DEFAULT false,
  amount      bigint NOT NULL CHECK (amount >= 0),
  period      text NOT NULL DEFAULT 'total' CHECK (period IN ('total', 'day', 'month')),
  actor       text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, id),
  UNIQUE (org, name),
  CHECK ((measure = 'money') = (currency IS NOT NULL)),
  CHECK (run IS NULL OR NOT each_run)
);
-- `subject`: the run, where each has its own; else all zeros.
CREATE TABLE budget_accounts (
  org      uuid NOT NULL,
  budget   uuid NOT NULL,
  subject  uuid NOT NULL,
  spent    bigint NOT NULL DEFAULT 0,
  reserved bigint NOT NULL DEFAULT 0,
  -- Unix milliseconds: when the period began that `spent` is of.
  since    bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (budget, subject)
) WITH (fillfactor = 50);

-- Written before `attempt.started` under the attempt's id. `phase` is what the journal knows, `folded` what the counters
-- know of it; a permit whose run changed hands before its attempt started is released.
CREATE TABLE permits (
  id         uuid PRIMARY KEY,
  org        uuid NOT NULL,
  run_id     uuid NOT NULL,
  session    uuid NOT NULL,
  fence      int NOT NULL,
  claims     json NOT NULL,
  phase      text NOT NULL DEFAULT 'held' CHECK (phase IN ('held', 'used', 'ended')),
  folded     text NOT NULL DEFAULT 'held',
  granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  used_at    timestamptz,
  ended_at   timestamptz,
  -- What the tool reported; null: nothing, so the worst case counts.
  usage      json,
  outcome    text
) WITH (fillfactor = 50);
CREATE INDEX permits_run ON permits (run_id);
CREATE INDEX permits_to_fold ON permits (id) WHERE phase <> folded;
CREATE TABLE permit_waiters (
  org    uuid NOT NULL,
  target uuid NOT NULL,
  run_id uuid NOT NULL,
  since  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (target, run_id)
);
CREATE INDEX permit_waiters_run ON permit_waiters (run_id);

CREATE TABLE quotas (
  org        uuid NOT NULL,
  project    uuid,
  kind       text NOT NULL CHECK (kind IN ('runs_at_once', 'queued_runs', 'steps_per_run', 'storage_bytes',
    'submissions_per_hour')),
  amount     bigint NOT NULL CHECK (amount >= 0),
  actor      text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (org, project, kind)
);
CREATE INDEX runs_unfinished ON runs (org, project) WHERE finished_at IS NULL;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['connections', 'limits', 'limit_counters', 'breakers', 'budgets', 'budget_accounts', 'permits',
    'permit_waiters', 'quotas'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY api ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid) '
      'WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', name);
    EXECUTE format('CREATE POLICY engine ON %I TO gantry_engine USING (true) WITH CHECK (true)', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['connections', 'limits', 'budgets'] LOOP
    EXECUTE format('CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE ON %I
      FOR EACH STATEMENT EXECUTE FUNCTION rules_changed()', name);
  END LOOP;
END $$;
CREATE TRIGGER rules_changed AFTER INSERT OR DELETE OR UPDATE OF state ON breakers
  FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
-- Numbers over all organizations, and nothing but numbers.
CREATE FUNCTION limit_metrics() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT json_build_object(
    'permits', (SELECT count(*) FROM permits WHERE phase <> 'ended'),
    'unknown', (SELECT count(*) FROM permits WHERE phase <> 'ended' AND outcome = 'unknown'),
    'waiting', (SELECT count(DISTINCT run_id) FROM permit_waiters),
    'breakers', (SELECT COALESCE(json_object_agg(state, n), '{}'::json)
      FROM (SELECT state, count(*) AS n FROM breakers GROUP BY state) s))
$$;
CREATE POLICY metrics ON permits FOR SELECT TO gantry_migrator USING (true);
CREATE POLICY metrics ON permit_waiters FOR SELECT TO gantry_migrator USING (true);
CREATE POLICY metrics ON breakers FOR SELECT TO gantry_migrator USING (true);
REVOKE ALL ON FUNCTION limit_metrics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION limit_metrics() TO gantry_api;

-- People set definitions and reset breakers; counters are the workers' alone.
GRANT SELECT, INSERT, UPDATE, DELETE ON connections, limits, budgets, quotas TO gantry_api;
GRANT SELECT ON limit_counters, budget_accounts, permits, permit_waiters, breakers TO gantry_api;
-- With their definition.
GRANT DELETE ON limit_counters, budget_accounts TO gantry_api;
GRANT UPDATE (marks, tail) ON limit_counters TO gantry_api;
GRANT UPDATE (state, failures, opened_at, retry_at, open_ms, trial, reason, updated_at) ON breakers TO gantry_api;
GRANT SELECT ON connections, limits, budgets, quotas TO gantry_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON limit_counters, breakers, budget_accounts, permits, permit_waiters TO gantry_engine;
