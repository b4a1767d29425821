-- Goals: what somebody wants, in words, and the runs that were started for it. Whether a goal is met is never written down: it
-- follows from its runs, so that an undone run takes it back.

CREATE TABLE goals (
  org          uuid NOT NULL REFERENCES organizations (org),
  id           uuid NOT NULL,
  project      uuid NOT NULL REFERENCES projects (id),
  environment  text NOT NULL,
  actor        text NOT NULL,
  actor_name   text NOT NULL,
  text         text NOT NULL,
  -- How it was understood.
  runbook      text NOT NULL,
  parameters   json NOT NULL,
  checks       json NOT NULL,
  confidence   real NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  -- {at, by: {id, name}, reason}; null while it isn't given up.
  abandoned    json,
  PRIMARY KEY (org, id)
);
CREATE INDEX goals_newest ON goals (org, created_at DESC, id DESC);

CREATE TABLE goal_runs (
  org        uuid NOT NULL,
  goal       uuid NOT NULL,
  run        uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, goal, run),
  FOREIGN KEY (org, goal) REFERENCES goals (org, id) ON DELETE CASCADE
);
CREATE INDEX goal_runs_run ON goal_runs (run);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['goals', 'goal_runs'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY api ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid) '
      'WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', name);
    EXECUTE format('CREATE POLICY engine ON %I TO gantry_engine USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT ON goals, goal_runs TO gantry_api;
GRANT UPDATE (abandoned) ON goals TO gantry_api;
GRANT SELECT, DELETE ON goals, goal_runs TO gantry_engine;
