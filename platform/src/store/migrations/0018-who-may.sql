-- Who may do what, beyond what a key says: teams, roles in an organization, a project or an environment, and the person behind
-- an actor; and where every change that people make is written down. A role that isn't bound is a role that isn't held.

-- The human behind the actor, in whichever organization: nobody counts twice.
ALTER TABLE actors ADD COLUMN person uuid;
CREATE INDEX actors_person ON actors (person) WHERE person IS NOT NULL;
-- Names of the actor's teams, kept by triggers: policies name them as groups.
ALTER TABLE actors ADD COLUMN team_names text[] NOT NULL DEFAULT '{}';

CREATE TABLE teams (
  org         uuid NOT NULL REFERENCES organizations (org),
  id          uuid PRIMARY KEY,
  name        text NOT NULL,
  description text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org, name)
);
CREATE TABLE team_members (
  org        uuid NOT NULL,
  team       uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  actor      uuid NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team, actor)
);
CREATE INDEX team_members_actor ON team_members (actor);

-- What the roles may do stands in policies (platform/src/policy); here stands who has them where. The nearest place isn't
-- stronger: a role in the organization holds in all its projects.
CREATE TABLE role_bindings (
  org         uuid NOT NULL REFERENCES organizations (org),
  id          uuid PRIMARY KEY,
  role        text NOT NULL CHECK (role IN ('viewer', 'operator', 'approver', 'author', 'security', 'admin', 'owner')),
  actor       uuid REFERENCES actors (id) ON DELETE CASCADE,
  team        uuid REFERENCES teams (id) ON DELETE CASCADE,
  project     uuid REFERENCES projects (id) ON DELETE CASCADE,
  environment text,
  granted_by  uuid,
  created_at  timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz,
  CHECK ((actor IS NULL) <> (team IS NULL)),
  CHECK (environment IS NULL OR project IS NOT NULL),
  UNIQUE NULLS NOT DISTINCT (org, role, actor, team, project, environment)
);
CREATE INDEX role_bindings_actor ON role_bindings (actor);
CREATE INDEX role_bindings_team ON role_bindings (team);

-- Grows with each change that could change a decision about the organization. It is read with the caller and part of every
-- cached decision's key, so that no answer outlives what it followed from.
CREATE TABLE access_versions (
  org uuid PRIMARY KEY,
  n   bigint NOT NULL
);
INSERT INTO access_versions (org, n) SELECT org, 1 FROM organizations;

-- Every change that people and programs make, written by the transaction that makes it. `org` null: the installation's own.
CREATE TABLE audit_records (
  org          uuid,
  id           uuid PRIMARY KEY,
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor        json NOT NULL,
  on_behalf_of json,
  action       text NOT NULL,
  target       json NOT NULL,
  reason       text,
  result       text NOT NULL CHECK (result IN ('allowed', 'denied', 'failed')),
  details      json,
  -- Address, user agent, credential.
  source       json,
  request_id   text,
  xid          xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX audit_records_feed ON audit_records (org, xid, id);
CREATE INDEX audit_records_time ON audit_records (org, at DESC, id DESC);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['teams', 'team_members', 'role_bindings', 'access_versions', 'audit_records'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO gantry_engine USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY api_own ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid)
      WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', t);
  END LOOP;
  -- What the functions and triggers below read and write, as their owner.
  FOREACH t IN ARRAY ARRAY['teams', 'team_members', 'role_bindings', 'access_versions'] LOOP
    EXECUTE format('CREATE POLICY caller_lookup ON %I TO gantry_migrator USING (true) WITH CHECK (true)', t);
  END LOOP;
END $$;
CREATE POLICY team_names ON actors FOR UPDATE TO gantry_migrator USING (true) WITH CHECK (true);
-- Who couldn't sign in belongs to no organization yet.
CREATE POLICY api_installation ON audit_records FOR INSERT TO gantry_api WITH CHECK (org IS NULL);
CREATE POLICY auth_installation ON audit_records FOR INSERT TO gantry_auth WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON teams, team_members, role_bindings TO gantry_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON teams, team_members, role_bindings TO gantry_engine;
GRANT SELECT ON access_versions TO gantry_api, gantry_engine;
GRANT SELECT, INSERT ON audit_records TO gantry_api, gantry_engine;
GRANT INSERT ON audit_records TO gantry_auth;

CREATE FUNCTION access_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE changed uuid;
BEGIN
  IF TG_OP = 'DELETE' THEN changed := OLD.org; ELSE changed := NEW.org; END IF;
  INSERT INTO access_versions AS v (org, n) VALUES (changed, 1) ON CONFLICT (org) DO UPDATE SET n = v.n + 1;
  RETURN NULL;
END $$;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['organizations', 'actors', 'teams', 'team_members', 'role_bindings', 'environments'] LOOP
    EXECUTE format('CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON %I
      FOR EACH ROW EXECUTE FUNCTION access_changed()', t);
  END LOOP;
END $$;

CREATE FUNCTION name_teams_of(members uuid[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  UPDATE actors a SET team_names = ARRAY(
      SELECT t.name FROM team_members m JOIN teams t ON t.id = m.team WHERE m.actor = a.id ORDER BY t.name)
   WHERE a.id = ANY (members)
$$;
REVOKE ALL ON FUNCTION name_teams_of(uuid[]) FROM PUBLIC;
CREATE FUNCTION team_member_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM name_teams_of(ARRAY[CASE WHEN TG_OP = 'DELETE' THEN OLD.actor ELSE NEW.actor END]);
  RETURN NULL;
END $$;
CREATE TRIGGER team_names AFTER INSERT OR DELETE ON team_members FOR EACH ROW EXECUTE FUNCTION team_member_changed();
CREATE FUNCTION team_renamed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM name_teams_of(ARRAY(SELECT m.actor FROM team_members m WHERE m.team = NEW.id));
  RETURN NULL;
END $$;
CREATE TRIGGER team_names AFTER UPDATE OF name ON teams FOR EACH ROW EXECUTE FUNCTION team_renamed();

-- What decisions about an actor follow from, whatever it signed in with.
CREATE FUNCTION caller_facts(wanted uuid)
RETURNS TABLE (org uuid, actor uuid, actor_kind text, actor_name text, person uuid, actor_groups text[], roles json, access_version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT a.org, a.id, a.kind, a.name, a.person, a.groups || a.team_names,
    (SELECT COALESCE(json_agg(json_build_object('role', b.role, 'project', b.project, 'environment', b.environment)
         ORDER BY b.role, b.project, b.environment), '[]')
       FROM role_bindings b
      WHERE (b.actor = a.id OR b.team IN (SELECT m.team FROM team_members m WHERE m.actor = a.id))
        AND b.org = a.org AND (b.expires_at IS NULL OR b.expires_at > now())),
    COALESCE((SELECT v.n FROM access_versions v WHERE v.org = a.org), 0)
  FROM actors a WHERE a.id = wanted AND a.disabled_at IS NULL
$$;
REVOKE ALL ON FUNCTION caller_facts(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION caller_facts(uuid) TO gantry_engine;

DROP FUNCTION find_api_key(bytea);
CREATE FUNCTION find_api_key(key_hash bytea)
RETURNS TABLE (id uuid, scopes text[], org uuid, actor uuid, actor_kind text, actor_name text, person uuid, actor_groups text[],
  roles json, access_version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT k.id, k.scopes, f.* FROM api_keys k, caller_facts(k.actor) f
  WHERE k.hash = key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
$$;
REVOKE ALL ON FUNCTION find_api_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_key(bytea) TO gantry_api;
