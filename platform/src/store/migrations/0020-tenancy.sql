-- Tenancy, complete: variables on three levels, organizations that are made and erased, projects and environments that are
-- removed. New columns and tables only; the release before knows organizations that are active and projects that are there.

-- `deleting`: its actors are disabled, nothing new starts, and once its runs have ended it is erased.
ALTER TABLE organizations ADD COLUMN state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deleting'));
-- To lock the row: of two owners who take the role from each other at once, one comes second.
GRANT UPDATE (name) ON organizations TO gantry_api;

-- A removed project stays as a name for the history of its runs; its own name is free again.
ALTER TABLE projects ADD COLUMN deleted_at timestamptz;
ALTER TABLE projects DROP CONSTRAINT projects_org_name_key;
CREATE UNIQUE INDEX projects_name ON projects (org, name) WHERE deleted_at IS NULL;

-- Plain values. The nearest of a name wins: the environment's, else the project's, else the organization's.
CREATE TABLE variables (
  org         uuid NOT NULL,
  id          uuid NOT NULL,
  project     uuid,
  environment text,
  name        text NOT NULL,
  value       text NOT NULL,
  actor       text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, id),
  UNIQUE NULLS NOT DISTINCT (org, name, project, environment),
  CHECK (environment IS NULL OR project IS NOT NULL)
);
ALTER TABLE variables ENABLE ROW LEVEL SECURITY;
ALTER TABLE variables FORCE ROW LEVEL SECURITY;
CREATE POLICY api ON variables TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY engine ON variables TO gantry_engine USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON variables TO gantry_api;
GRANT SELECT ON variables TO gantry_engine;

-- Organizations that are being erased or were. It belongs to none of them and stays: what was erased, and who says so.
CREATE TABLE organization_erasures (
  organization uuid PRIMARY KEY,
  name         text NOT NULL,
  -- Whoever knows it may read the receipt: those who could before can't sign in any more.
  token_hash   bytea NOT NULL UNIQUE,
  -- Who asked for it.
  actor        json NOT NULL,
  started_at   timestamptz NOT NULL DEFAULT now(),
  -- Runs that waited for a person or a worker that never came.
  unsettled    json NOT NULL DEFAULT '[]',
  -- Rows erased so far, by table; content of blobs apart, since that lies elsewhere.
  counts       jsonb NOT NULL DEFAULT '{}',
  blobs        bigint NOT NULL DEFAULT 0,
  -- The newest seal of its audit chain.
  audit_head   text,
  erased_at    timestamptz,
  -- To the letter as it was signed, and the signature.
  receipt      text,
  signature    text
);
GRANT SELECT, UPDATE ON organization_erasures TO gantry_engine;

-- Every table with a column `org`: new ones can't be forgotten.
CREATE FUNCTION tenant_tables() RETURNS TABLE (id oid, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT c.oid, format('%I.%I', n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org' AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
$$;

-- Functions of the tables' owner work in the one organization that they name in `gantry.within`; policies are forced on the
-- owner too. Called after every migration, so that new tables have it.
CREATE FUNCTION cover_tenant_tables() RETURNS void
LANGUAGE plpgsql SET search_path = public AS $$
DECLARE t record;
BEGIN
  FOR t IN SELECT * FROM tenant_tables() x WHERE NOT EXISTS (
      SELECT FROM pg_policy p WHERE p.polrelid = x.id AND p.polname = 'within') LOOP
    EXECUTE format('CREATE POLICY within ON %s TO gantry_migrator
      USING (org = nullif(current_setting(''gantry.within'', true), '''')::uuid)
      WITH CHECK (org = nullif(current_setting(''gantry.within'', true), '''')::uuid)', t.name);
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION cover_tenant_tables() FROM PUBLIC;

-- The API may not insert organizations, nor what belongs to another than its transaction's. Whether the caller may is checked
-- by the API (scope admin:everywhere). Returns false when the name is taken.
CREATE FUNCTION create_organization(of uuid, called text, project uuid, binding uuid,
  owner uuid, owner_name text, human uuid, key uuid, shown text, hashed bytea, allowed text[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM set_config('gantry.within', of::text, true);
  INSERT INTO organizations (org, name) VALUES (of, called) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO projects (id, org, name) VALUES (project, of, 'default');
  INSERT INTO environments (org, project, name, protection)
  VALUES (of, project, 'dev', 'open'), (of, project, 'staging', 'guarded'), (of, project, 'prod', 'strict');
  INSERT INTO actors (id, org, kind, name, person, groups)
  VALUES (owner, of, 'user', owner_name, human, ARRAY['administrators', 'approvers']);
  INSERT INTO role_bindings (org, id, role, actor) VALUES (of, binding, 'owner', owner);
  INSERT INTO api_keys (id, org, actor, prefix, hash, scopes) VALUES (key, of, owner, shown, hashed, allowed);
  PERFORM set_config('gantry.within', '', true);
  RETURN true;
END $$;

-- Names and nothing else. Of everywhere: whether the caller may is checked by the API; of a person: their own.
CREATE FUNCTION list_organizations(human uuid, everywhere boolean)
RETURNS TABLE (org uuid, name text, state text, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT o.org, o.name, o.state, o.created_at FROM organizations o
  WHERE everywhere OR o.org = nullif(current_setting('gantry.org', true), '')::uuid
    OR o.org IN (SELECT a.org FROM actors a WHERE a.person = human AND a.disabled_at IS NULL)
  ORDER BY o.name
$$;

-- Of the transaction's organization. Returns false when another one is called so: policies would hide that one.
CREATE FUNCTION rename_organization(of uuid, called text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  UPDATE organizations o SET name = called WHERE o.org = of AND o.org = nullif(current_setting('gantry.org', true), '')::uuid;
  RETURN FOUND;
EXCEPTION WHEN unique_violation THEN
  RETURN false;
END $$;

-- Removes what belongs to a project, or to one of its environments, of the transaction's organization. What happened stays:
-- runs, goals, states of Terraform (the API refuses while there are any), triggers and freezes as ended.
CREATE FUNCTION remove_place(of_project uuid, of_environment text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  of uuid := nullif(current_setting('gantry.org', true), '')::uuid;
  t record;
BEGIN
  PERFORM set_config('gantry.within', of::text, true);
  PERFORM FROM projects p WHERE p.org = of AND p.id = of_project FOR UPDATE;
  IF EXISTS (SELECT FROM runs r WHERE r.org = of AND r.project = of_project AND r.finished_at IS NULL
      AND (of_environment IS NULL OR r.environment = of_environment)) THEN
    RAISE EXCEPTION 'There are runs that have not ended' USING ERRCODE = 'GT001';
  END IF;
  UPDATE triggers x SET removed_at = COALESCE(x.removed_at, now()), due_at = NULL
  WHERE x.org = of AND x.project = of_project AND (of_environment IS NULL OR x.environment = of_environment);
  UPDATE freezes x SET ended_at = COALESCE(x.ended_at, now())
  WHERE x.org = of AND x.project = of_project AND (of_environment IS NULL OR x.environment = of_environment);
  FOR t IN
    SELECT x.name FROM tenant_tables() x
      JOIN pg_attribute p ON p.attrelid = x.id AND p.attname = 'project' AND p.atttypid = 'uuid'::regtype
      JOIN pg_attribute e ON e.attrelid = x.id AND e.attname = 'environment' AND e.atttypid = 'text'::regtype
    WHERE x.name NOT IN ('public.runs', 'public.goals', 'public.triggers', 'public.freezes', 'public.terraform_states')
  LOOP
    EXECUTE format('DELETE FROM %s WHERE org = $1 AND project = $2 AND ($3 IS NULL OR environment = $3)', t.name)
      USING of, of_project, of_environment;
  END LOOP;
  DELETE FROM environments x WHERE x.org = of AND x.project = of_project AND (of_environment IS NULL OR x.name = of_environment);
  IF of_environment IS NULL THEN
    DELETE FROM budgets x WHERE x.org = of AND x.project = of_project;
    DELETE FROM quotas x WHERE x.org = of AND x.project = of_project;
    UPDATE projects x SET deleted_at = now() WHERE x.org = of AND x.id = of_project;
  END IF;
  -- What hangs on what was removed.
  DELETE FROM secret_versions x WHERE x.org = of AND NOT EXISTS (SELECT FROM secrets s WHERE s.org = of AND s.id = x.secret_id);
  DELETE FROM limit_counters x WHERE x.org = of AND NOT EXISTS (SELECT FROM limits s WHERE s.org = of AND s.id = x.id);
  DELETE FROM budget_accounts x WHERE x.org = of AND NOT EXISTS (SELECT FROM budgets s WHERE s.org = of AND s.id = x.budget);
  DELETE FROM deliveries x WHERE x.org = of AND NOT EXISTS (SELECT FROM subscriptions s WHERE s.org = of AND s.id = x.subscription);
  DELETE FROM notification_threads x
  WHERE x.org = of AND NOT EXISTS (SELECT FROM subscriptions s WHERE s.org = of AND s.id = x.subscription);
  PERFORM set_config('gantry.within', '', true);
END $$;

-- From here on nobody of the organization can do anything. Returns false when it is being deleted already.
CREATE FUNCTION begin_erasure(of uuid, token bytea, who json) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF of IS DISTINCT FROM nullif(current_setting('gantry.org', true), '')::uuid THEN
    RAISE EXCEPTION 'Organization % isn''t the transaction''s', of;
  END IF;
  PERFORM set_config('gantry.within', of::text, true);
  UPDATE organizations o SET state = 'deleting' WHERE o.org = of AND o.state = 'active';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO organization_erasures (organization, name, token_hash, actor)
  SELECT o.org, o.name, token, who FROM organizations o WHERE o.org = of;
  UPDATE actors a SET disabled_at = COALESCE(a.disabled_at, now()) WHERE a.org = of;
  UPDATE api_keys k SET revoked_at = COALESCE(k.revoked_at, now()) WHERE k.org = of;
  PERFORM set_config('gantry.within', '', true);
  RETURN true;
END $$;

-- Erases up to `most` rows of one table; of an organization that is being deleted and in which nothing works any more.
-- Returns the table and how many, or nothing when there is nothing left but the organization itself.
CREATE FUNCTION erase_part(of uuid, most int) RETURNS TABLE (part text, gone bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  t record;
  guarded boolean;
BEGIN
  PERFORM FROM organizations o WHERE o.org = of AND o.state = 'deleting' FOR UPDATE;
  IF NOT FOUND OR EXISTS (SELECT FROM runs r WHERE r.org = of AND r.owner IS NOT NULL) THEN
    RAISE EXCEPTION 'Organization % isn''t being deleted, or something works in it', of USING ERRCODE = 'GT002';
  END IF;
  PERFORM set_config('gantry.within', of::text, true);
  FOR t IN
    -- What refers to others first: a table's height is the longest chain of tables that refer to it.
    WITH RECURSIVE edges AS (
      SELECT DISTINCT c.confrelid AS target, c.conrelid AS source FROM pg_constraint c
      WHERE c.contype = 'f' AND c.conrelid <> c.confrelid AND c.conparentid = 0),
    chain AS (
      SELECT x.id, 0 AS height FROM tenant_tables() x
      UNION SELECT e.target, c.height + 1 FROM chain c JOIN edges e ON e.source = c.id WHERE c.height < 20)
    SELECT x.id, x.name, max(c.height) AS height FROM tenant_tables() x JOIN chain c ON c.id = x.id
    -- Triggers of others write to access_versions again while those are erased.
    GROUP BY x.id, x.name ORDER BY x.name = 'public.organizations', x.name = 'public.access_versions', height, x.name
  LOOP
    CONTINUE WHEN t.name = 'public.organizations';
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE org = $1)', t.name) INTO guarded USING of;
    CONTINUE WHEN NOT guarded;
    -- Append-only tables refuse every deletion (tgtype: 2 before, 8 delete). Only here that is set aside, for this transaction,
    -- and nobody writes to the table meanwhile.
    guarded := EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.id AND NOT g.tgisinternal AND g.tgtype & 10 = 10);
    IF guarded THEN
      EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', t.name);
    END IF;
    EXECUTE format('DELETE FROM %1$s WHERE org = $1 AND ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE org = $1 LIMIT $2))', t.name)
      USING of, most;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF guarded THEN
      EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', t.name);
    END IF;
    IF gone > 0 THEN
      part := t.name;
      UPDATE organization_erasures e
      SET counts = e.counts || jsonb_build_object(part, COALESCE((e.counts ->> part)::bigint, 0) + gone)
      WHERE e.organization = of;
      RETURN NEXT;
      EXIT;
    END IF;
  END LOOP;
  PERFORM set_config('gantry.within', '', true);
END $$;

-- The newest seal of its audit trail, if there is one.
CREATE FUNCTION audit_head(of uuid) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = public AS $$
DECLARE head text;
BEGIN
  IF to_regclass('audit_seals') IS NULL THEN
    RETURN NULL;
  END IF;
  EXECUTE 'SELECT hash FROM audit_seals WHERE org = $1 ORDER BY n DESC LIMIT 1' INTO head USING of;
  RETURN head;
END $$;

-- The organization's own row, once nothing else is left of it.
CREATE FUNCTION end_erasure(of uuid, written text, signed text, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  t record;
  found boolean;
BEGIN
  PERFORM set_config('gantry.within', of::text, true);
  DELETE FROM organizations o WHERE o.org = of AND o.state = 'deleting';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Organization % isn''t being deleted', of;
  END IF;
  DELETE FROM access_versions v WHERE v.org = of;
  FOR t IN SELECT x.name FROM tenant_tables() x LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE org = $1)', t.name) INTO found USING of;
    IF found THEN
      RAISE EXCEPTION 'Something of organization % came back in %', of, t.name USING ERRCODE = 'GT003';
    END IF;
  END LOOP;
  UPDATE organization_erasures e SET erased_at = at, receipt = written, signature = signed WHERE e.organization = of;
  PERFORM set_config('gantry.within', '', true);
END $$;

-- A receipt by its token; all of them for who may see everywhere (checked by the API).
CREATE FUNCTION find_receipts(token bytea, everywhere boolean)
RETURNS TABLE (organization uuid, name text, actor json, started_at timestamptz, erased_at timestamptz, counts jsonb, blobs bigint,
  receipt text, signature text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT e.organization, e.name, e.actor, e.started_at, e.erased_at, e.counts, e.blobs, e.receipt, e.signature
  FROM organization_erasures e WHERE everywhere OR e.token_hash = token ORDER BY e.started_at DESC
$$;

DO $$
DECLARE f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['create_organization(uuid, text, uuid, uuid, uuid, text, uuid, uuid, text, bytea, text[])',
    'list_organizations(uuid, boolean)', 'rename_organization(uuid, text)', 'remove_place(uuid, text)',
    'begin_erasure(uuid, bytea, json)', 'find_receipts(bytea, boolean)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gantry_api', f);
  END LOOP;
  FOREACH f IN ARRAY ARRAY['erase_part(uuid, int)', 'end_erasure(uuid, text, text, timestamptz)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gantry_engine', f);
  END LOOP;
END $$;
SELECT cover_tenant_tables();

-- Whoever could do everything until now owns it: each organization's first person with an administrator's key.
INSERT INTO role_bindings (org, id, role, actor)
SELECT DISTINCT ON (a.org) a.org, gen_random_uuid(), 'owner', a.id FROM actors a
WHERE a.kind = 'user' AND a.disabled_at IS NULL
ORDER BY a.org, NOT EXISTS (SELECT FROM api_keys k WHERE k.actor = a.id AND k.revoked_at IS NULL AND 'admin' = ANY (k.scopes)),
  a.created_at, a.id
ON CONFLICT DO NOTHING;
