-- Policies of organizations, projects and environments, in versions; and what of an organization's rows a
-- caller sees who has roles in some of its projects or environments only.

-- Cedar that forbids, in force at its place and below.
CREATE TABLE policies (
  id          uuid PRIMARY KEY,
  org         uuid NOT NULL REFERENCES organizations (org),
  name        text NOT NULL,
  project     uuid REFERENCES projects (id) ON DELETE CASCADE,
  environment text,
  -- The newest version, which is in force.
  version     int NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  CHECK (environment IS NULL OR project IS NOT NULL),
  UNIQUE NULLS NOT DISTINCT (org, project, environment, name)
);
CREATE TABLE policy_versions (
  org           uuid NOT NULL,
  policy        uuid NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
  version       int NOT NULL,
  -- Null: removed with this version.
  text          text,
  reason        text,
  restored_from int,
  actor         json NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (policy, version)
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['policies', 'policy_versions'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO gantry_engine USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY api_own ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid)
      WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', t);
  END LOOP;
  -- Whatever a decision follows from: who has read this version has read these.
  FOREACH t IN ARRAY ARRAY['policies', 'projects'] LOOP
    EXECUTE format('CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON %I
      FOR EACH ROW EXECUTE FUNCTION access_changed()', t);
  END LOOP;
END $$;
-- A version is never changed.
GRANT SELECT, INSERT ON policies, policy_versions TO gantry_api;
GRANT UPDATE (version) ON policies TO gantry_api;
GRANT SELECT, DELETE ON policies, policy_versions TO gantry_engine;

-- `gantry.places` lists what a caller without a role in the whole organization sees: `project`, or `project/environment` and
-- `project/`, with commas. Unset: everything of the organization.
CREATE FUNCTION sees(project uuid, environment text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(current_setting('gantry.places', true), '') = '' OR project IS NULL
    OR project::text = ANY (string_to_array(current_setting('gantry.places', true), ','))
    OR project::text || '/' || coalesce(environment, '') = ANY (string_to_array(current_setting('gantry.places', true), ','))
$$;
CREATE FUNCTION sees_all() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(current_setting('gantry.places', true), '') = ''
$$;

DO $$
DECLARE t text;
BEGIN
  -- What lies in a place.
  FOREACH t IN ARRAY ARRAY['runs', 'goals', 'secrets', 'connections', 'limits', 'breakers', 'triggers', 'subscriptions',
    'freezes', 'freeze_windows', 'terraform_states', 'variables', 'policies', 'role_bindings'] LOOP
    EXECUTE format('CREATE POLICY api_sees ON %I AS RESTRICTIVE FOR SELECT TO gantry_api USING (sees(project, environment))', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['budgets', 'quotas'] LOOP
    EXECUTE format('CREATE POLICY api_sees ON %I AS RESTRICTIVE FOR SELECT TO gantry_api USING (sees(project, NULL))', t);
  END LOOP;
  -- What is of a run.
  FOREACH t IN ARRAY ARRAY['events', 'change_sets', 'approvals', 'inbox', 'run_holds', 'bulk_items', 'deliveries',
    'log_heads', 'log_segments', 'permits'] LOOP
    EXECUTE format('CREATE POLICY api_sees ON %I AS RESTRICTIVE FOR SELECT TO gantry_api
      USING (sees_all() OR EXISTS (SELECT FROM runs r WHERE r.id = run_id))', t);
  END LOOP;
  -- What tells of all of the organization.
  FOREACH t IN ARRAY ARRAY['archived_runs', 'bulk_actions'] LOOP
    EXECUTE format('CREATE POLICY api_sees ON %I AS RESTRICTIVE FOR SELECT TO gantry_api USING (sees_all())', t);
  END LOOP;
END $$;
CREATE POLICY api_sees ON projects AS RESTRICTIVE FOR SELECT TO gantry_api USING (sees(id, NULL));
CREATE POLICY api_sees ON environments AS RESTRICTIVE FOR SELECT TO gantry_api USING (sees(project, name));

-- Who was there before roles has those that their keys' scopes let them use.
INSERT INTO role_bindings (org, id, role, actor)
SELECT DISTINCT ON (a.org, a.id, r.role) a.org, gen_random_uuid(), r.role, a.id
  FROM actors a
  JOIN api_keys k ON k.actor = a.id AND k.revoked_at IS NULL
  CROSS JOIN LATERAL unnest(k.scopes) s (scope)
  JOIN (VALUES ('read', 'viewer'), ('run', 'operator'), ('approve', 'approver'), ('runbooks', 'author'),
    ('secrets', 'security'), ('admin', 'admin'), ('admin:everywhere', 'owner')) r (scope, role) ON r.scope = s.scope
ON CONFLICT DO NOTHING;
SELECT cover_tenant_tables();
