-- Runbooks that an organization published. A version never changes: what a run was made from must be there as it was. Only
-- its deprecation can be said later, and taken back. Agents' and files' runbooks belong to the installation and stand nowhere here.

CREATE TABLE runbook_versions (
  org          uuid NOT NULL,
  name         text NOT NULL,
  version      text NOT NULL,
  -- Of the source's bytes.
  digest       text NOT NULL CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
  source       text NOT NULL,
  -- What lists show of it: title, intents, the schema of its parameters.
  summary      json NOT NULL,
  -- Who published it.
  actor        uuid NOT NULL,
  actor_name   text NOT NULL,
  published_at timestamptz NOT NULL DEFAULT now(),
  deprecated   json,
  PRIMARY KEY (org, name, version)
);

ALTER TABLE runbook_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE runbook_versions FORCE ROW LEVEL SECURITY;
CREATE POLICY api ON runbook_versions TO gantry_api
  USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
-- A worker makes the plans of sub-runs.
CREATE POLICY engine ON runbook_versions TO gantry_engine USING (true) WITH CHECK (false);

GRANT SELECT, INSERT ON runbook_versions TO gantry_api;
GRANT UPDATE (deprecated) ON runbook_versions TO gantry_api;
GRANT SELECT ON runbook_versions TO gantry_engine;
