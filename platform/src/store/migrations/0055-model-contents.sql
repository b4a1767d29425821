-- What was asked of models and what they answered, as far as an organization wants that kept.

-- `off`: no prompt and no answer. `redacted`: without what tells who somebody is. `full`: as it left. Secrets are in none of them.
ALTER TABLE model_policies ADD COLUMN store text NOT NULL DEFAULT 'off' CHECK (store IN ('off', 'redacted', 'full'));

-- A row for each call in `model_calls` that left while something was kept.
CREATE TABLE model_contents (
  org         uuid NOT NULL,
  -- The call's id.
  id          uuid NOT NULL,
  at          timestamptz NOT NULL,
  project     uuid,
  environment text,
  run_id      uuid,
  store       text NOT NULL CHECK (store IN ('redacted', 'full')),
  -- Compressed JSON, encrypted with the organization's key and bound to the call.
  sealed      bytea NOT NULL,
  PRIMARY KEY (org, id)
);
CREATE INDEX model_contents_at ON model_contents (org, at);
ALTER TABLE model_contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE model_contents FORCE ROW LEVEL SECURITY;
CREATE POLICY api ON model_contents FOR SELECT TO gantry_api USING (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY api_sees ON model_contents AS RESTRICTIVE FOR SELECT TO gantry_api USING ((SELECT sees_all()) OR sees(project, environment));
CREATE POLICY engine ON model_contents TO gantry_engine USING (true) WITH CHECK (true);
GRANT SELECT ON model_contents TO gantry_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON model_contents TO gantry_engine;
SELECT cover_tenant_tables();
