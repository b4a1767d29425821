-- The spine: who (organizations, projects, environments, actors, keys), what (plans, runs, their events), and the
-- engine's bookkeeping (wakeups, inbox, workers, lanes, slots, kill switches). Every row names its organization and
-- row-level security is forced, so that a query that forgets the organization sees nothing instead of everything.
--
-- gantry_api   sees the one organization that the transaction names in `gantry.org`.
-- gantry_engine sees all: its flush mixes organizations and takes each from the run's own row.

CREATE TABLE organizations (
  org        uuid PRIMARY KEY,
  name       text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE projects (
  id         uuid PRIMARY KEY,
  org        uuid NOT NULL REFERENCES organizations (org),
  name       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org, name)
);

CREATE TABLE environments (
  org        uuid NOT NULL,
  project    uuid NOT NULL REFERENCES projects (id),
  name       text NOT NULL,
  -- Policy sees it: `open`, `guarded` (changes need approval), `strict` (destruction needs more of it).
  protection text NOT NULL DEFAULT 'guarded' CHECK (protection IN ('open', 'guarded', 'strict')),
  -- The workers that reach it.
  pool       text NOT NULL DEFAULT 'default',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, project, name)
);

CREATE TABLE actors (
  id         uuid PRIMARY KEY,
  org        uuid NOT NULL REFERENCES organizations (org),
  kind       text NOT NULL CHECK (kind IN ('user', 'service')),
  name       text NOT NULL,
  -- Groups of approvers that policies name.
  groups     text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz,
  UNIQUE (org, name)
);

CREATE TABLE api_keys (
  id         uuid PRIMARY KEY,
  org        uuid NOT NULL REFERENCES organizations (org),
  actor      uuid NOT NULL REFERENCES actors (id),
  -- First characters of the key, to recognise it by; the key itself is kept only as a SHA-256.
  prefix     text NOT NULL,
  hash       bytea NOT NULL UNIQUE,
  scopes     text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

CREATE TABLE plans (
  org        uuid NOT NULL,
  digest     text NOT NULL,
  plan       json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, digest)
);

-- A projection of the run's events, written in the statement that writes them; `owner` and `fence` are the engine's.
CREATE TABLE runs (
  id             uuid PRIMARY KEY,
  org            uuid NOT NULL,
  project        uuid NOT NULL,
  environment    text NOT NULL,
  pool           text NOT NULL DEFAULT 'default',
  actor          uuid NOT NULL,
  actor_kind     text NOT NULL CHECK (actor_kind IN ('user', 'service')),
  actor_name     text NOT NULL,
  goal           text NOT NULL,
  runbook        text,
  plan_digest    text NOT NULL,
  parent         uuid,
  parent_step    text,
  -- One step is worth five minutes of waiting. Bounded, so that a claim knows how far along the ranks to look.
  priority       int NOT NULL DEFAULT 0 CHECK (priority BETWEEN -10 AND 10),
  engine_version int NOT NULL,
  status         text NOT NULL DEFAULT 'queued',
  -- On what it waits, since when, until when, who can end it; null while it works.
  waiting        json,
  error          json,
  seq            int NOT NULL,
  owner          uuid,
  fence          int NOT NULL DEFAULT 0,
  -- Deaths of workers while this run was in flight; one that died with this run alone quarantines it.
  crashes        int NOT NULL DEFAULT 0,
  poisoned       boolean NOT NULL DEFAULT false,
  snapshot       json,
  snapshot_seq   int,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  finished_at    timestamptz
) WITH (fillfactor = 50);
CREATE INDEX runs_list ON runs (org, created_at DESC, id DESC);
CREATE INDEX runs_owner ON runs (owner) WHERE owner IS NOT NULL;
CREATE INDEX runs_halted ON runs (org) WHERE status = 'halted';
CREATE INDEX runs_suspected ON runs (id) WHERE crashes > 0;
CREATE INDEX runs_parent ON runs (parent) WHERE parent IS NOT NULL;

CREATE TABLE events (
  org    uuid NOT NULL,
  run_id uuid NOT NULL,
  seq    int NOT NULL,
  type   text NOT NULL,
  at     bigint NOT NULL,
  actor  json NOT NULL,
  -- json, not jsonb: faster to write, and it takes NUL and lone surrogates.
  data   json NOT NULL,
  -- A reader takes only rows below the oldest running transaction, so it never skips one that commits late.
  xid    xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (run_id, seq)
);
CREATE INDEX events_feed ON events (org, xid, run_id, seq);

-- At most one row per run: a worker that can serve the pool looks at the run once it is due.
CREATE TABLE wakeups (
  run_id uuid PRIMARY KEY,
  org    uuid NOT NULL,
  pool   text NOT NULL,
  -- Due time less five minutes per priority, so that urgent goes first and nothing starves.
  rank   timestamptz NOT NULL,
  due_at timestamptz NOT NULL
);
CREATE INDEX wakeups_order ON wakeups (org, rank);

-- What people, triggers, children and lost workers tell a run. Only the run's owner turns it into events.
CREATE TABLE inbox (
  id         uuid PRIMARY KEY,
  org        uuid NOT NULL,
  run_id     uuid NOT NULL,
  kind       text NOT NULL,
  payload    json NOT NULL,
  actor      json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  handled_at timestamptz,
  -- Null once handled well, else the error that the sender is told.
  outcome    json
);
CREATE INDEX inbox_open ON inbox (run_id, id) WHERE handled_at IS NULL;

-- One row per worker session; its heartbeat is the lease of every run that it owns.
CREATE TABLE workers (
  id             uuid PRIMARY KEY,
  host           text NOT NULL,
  pid            int NOT NULL,
  version        text NOT NULL,
  engine_version int NOT NULL,
  pool           text NOT NULL,
  capacity       int NOT NULL,
  agents         json NOT NULL,
  lease_ms       int NOT NULL,
  state          text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'draining', 'stopped', 'dead')),
  -- Set while it runs one suspected run and nothing else.
  alone_with     uuid,
  started_at     timestamptz NOT NULL DEFAULT now(),
  beat_at        timestamptz NOT NULL DEFAULT now()
);

-- A writer's counter: tells after a broken connection whether its last flush was committed.
CREATE TABLE lanes (
  id     uuid PRIMARY KEY,
  worker uuid NOT NULL,
  n      bigint NOT NULL
) WITH (fillfactor = 50);

-- Projection of change_set.* events, so that the statement that starts an attempt can check the approval itself.
CREATE TABLE change_sets (
  org        uuid NOT NULL,
  run_id     uuid NOT NULL,
  hash       text NOT NULL,
  gate       text NOT NULL,
  status     text NOT NULL CHECK (status IN ('open', 'approved', 'rejected', 'expired', 'voided')),
  -- [{group, count}]; an approval by policy alone has none.
  approvals  json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  -- When its first effect began; an approval can't expire after that.
  begun_at   timestamptz,
  PRIMARY KEY (run_id, hash)
);
CREATE INDEX change_sets_open ON change_sets (org, created_at) WHERE status = 'open';

CREATE TABLE approvals (
  org     uuid NOT NULL,
  run_id  uuid NOT NULL,
  hash    text NOT NULL,
  actor   uuid NOT NULL,
  "group" text NOT NULL,
  at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, hash, actor)
);

-- Held until the outcome is known, never released by a lease running out.
CREATE TABLE slots (
  org    uuid NOT NULL,
  key    text NOT NULL,
  run_id uuid NOT NULL,
  step   text NOT NULL,
  since  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, key)
);
CREATE INDEX slots_run ON slots (run_id);
CREATE TABLE slot_waiters (
  org    uuid NOT NULL,
  key    text NOT NULL,
  run_id uuid NOT NULL,
  since  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, key, run_id)
);
CREATE INDEX slot_waiters_run ON slot_waiters (run_id);

-- `org` null stops every organization. The flush that starts an attempt reads this table itself.
CREATE TABLE kill_switches (
  id        uuid PRIMARY KEY,
  org       uuid,
  reason    text NOT NULL,
  actor     json NOT NULL,
  set_at    timestamptz NOT NULL DEFAULT now(),
  lifted_at timestamptz
);
CREATE INDEX kill_switches_active ON kill_switches (org) WHERE lifted_at IS NULL;

CREATE TABLE idempotency_keys (
  org          uuid NOT NULL,
  actor        uuid NOT NULL,
  key          text NOT NULL,
  request_hash text NOT NULL,
  status       int,
  response     json,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, actor, key)
);

-- Facts about this installation that all its processes must agree on.
CREATE TABLE installation (
  key   text PRIMARY KEY,
  value json NOT NULL
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['organizations', 'projects', 'environments', 'actors', 'api_keys', 'plans', 'runs', 'events',
    'wakeups', 'inbox', 'change_sets', 'approvals', 'slots', 'slot_waiters', 'idempotency_keys'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO gantry_engine USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY api_own ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid)
      WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', t);
  END LOOP;
END $$;
-- The API creates runs and sends commands; what only an owner or a worker may say, it can't even insert.
CREATE POLICY api_new ON runs AS RESTRICTIVE FOR INSERT TO gantry_api
  WITH CHECK (seq = 1 AND owner IS NULL AND fence = 0 AND status = 'queued' AND snapshot IS NULL AND parent IS NULL);
CREATE POLICY api_new ON events AS RESTRICTIVE FOR INSERT TO gantry_api WITH CHECK (seq = 1 AND type = 'run.created');
CREATE POLICY api_commands ON inbox AS RESTRICTIVE FOR INSERT TO gantry_api WITH CHECK (
  handled_at IS NULL
  AND kind IN ('approve', 'reject', 'pause', 'resume', 'cancel', 'retry', 'undo', 'signal', 'settle'));
ALTER TABLE kill_switches ENABLE ROW LEVEL SECURITY;
ALTER TABLE kill_switches FORCE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON kill_switches TO gantry_engine USING (true) WITH CHECK (true);
CREATE POLICY api_read ON kill_switches FOR SELECT TO gantry_api USING (org IS NULL OR org = current_setting('gantry.org', true)::uuid);
CREATE POLICY api_own ON kill_switches TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON runs, events, plans, wakeups, inbox, workers, lanes, change_sets, approvals, slots,
  slot_waiters, installation TO gantry_engine;
GRANT SELECT, INSERT, UPDATE ON organizations, projects, environments, actors, api_keys TO gantry_engine;
GRANT SELECT, INSERT, UPDATE ON kill_switches TO gantry_engine;

-- The API creates runs but never touches one that exists: it tells the owner through the inbox.
GRANT SELECT ON organizations, workers, change_sets, approvals, slots, slot_waiters, installation TO gantry_api;
GRANT SELECT, INSERT ON plans, runs, events, inbox TO gantry_api;
GRANT SELECT, INSERT, UPDATE ON wakeups, projects, environments, actors, api_keys, kill_switches TO gantry_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO gantry_api;

-- A key is looked up before its organization is known; this is the only way around the policies, for exactly one row.
CREATE FUNCTION find_api_key(key_hash bytea)
RETURNS TABLE (id uuid, org uuid, actor uuid, actor_kind text, actor_name text, actor_groups text[], scopes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT k.id, k.org, a.id, a.kind, a.name, a.groups, k.scopes
  FROM api_keys k JOIN actors a ON a.id = k.actor
  WHERE k.hash = key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) AND a.disabled_at IS NULL
$$;
CREATE POLICY key_lookup ON api_keys FOR SELECT TO gantry_migrator USING (true);
CREATE POLICY key_lookup ON actors FOR SELECT TO gantry_migrator USING (true);
REVOKE ALL ON FUNCTION find_api_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_key(bytea) TO gantry_api;
