-- What agents proposed that had read text nobody vouches for. Whoever submits the same as their own gets its taint with it, for as long as
-- the run is kept in which it was proposed.
CREATE TABLE proposed_plans (
  org     uuid NOT NULL,
  -- Of what it would change, whatever it is called and wherever.
  digest  text NOT NULL,
  run_id  uuid NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  tainted text[] NOT NULL,
  PRIMARY KEY (org, digest, run_id)
);
CREATE INDEX proposed_plans_run ON proposed_plans (run_id);
ALTER TABLE proposed_plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposed_plans FORCE ROW LEVEL SECURITY;
-- Not only where the caller sees the run: taint holds wherever the plan is submitted.
CREATE POLICY api ON proposed_plans FOR SELECT TO gantry_api USING (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY engine ON proposed_plans TO gantry_engine USING (true) WITH CHECK (true);
GRANT SELECT ON proposed_plans TO gantry_api;
GRANT SELECT, INSERT, DELETE ON proposed_plans TO gantry_engine;
SELECT cover_tenant_tables();
