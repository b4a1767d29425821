-- Policies of organizations decide what the engine does. A decision holds only under the version that it was made under, so
-- there is a number for it: the statement that writes a decision, or starts an attempt, compares.

-- Grows with each change of an organization's policies, or of what they speak of. No row: it has none and had none, and
-- nobody pays for them. The protection of an environment counts too, once it was changed.
CREATE TABLE policy_heads (
  org uuid PRIMARY KEY,
  n   bigint NOT NULL
);
ALTER TABLE policy_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE policy_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON policy_heads TO gantry_engine USING (true) WITH CHECK (true);
CREATE POLICY api_own ON policy_heads TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY head_lookup ON policy_heads TO gantry_migrator USING (true) WITH CHECK (true);
GRANT SELECT ON policy_heads TO gantry_engine, gantry_api;
SELECT cover_tenant_tables();

CREATE FUNCTION policy_head_moves() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    -- Not begun by a deletion: an organization that is erased would never come to its end.
    UPDATE policy_heads v SET n = v.n + 1 WHERE v.org = OLD.org;
  ELSE
    INSERT INTO policy_heads AS v (org, n) VALUES (NEW.org, 1) ON CONFLICT (org) DO UPDATE SET n = v.n + 1;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER policy_head_moves AFTER INSERT OR UPDATE OR DELETE ON policies FOR EACH ROW EXECUTE FUNCTION policy_head_moves();
CREATE TRIGGER policy_head_moves AFTER UPDATE OF protection ON environments
  FOR EACH ROW WHEN (OLD.protection IS DISTINCT FROM NEW.protection) EXECUTE FUNCTION policy_head_moves();
CREATE TRIGGER policy_head_moves AFTER UPDATE OF name ON projects
  FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION policy_head_moves();
INSERT INTO policy_heads (org, n) SELECT DISTINCT org, 1 FROM policies;

-- What decisions about a requester's runs at a place follow from: the version, and which groups and roles the requester has
-- there. Empty where the organization has nothing of its own to say.
CREATE FUNCTION policy_basis(of uuid, requester uuid, at_project uuid, at_environment text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT v.n || ' ' || json_build_object(
      'groups', coalesce((SELECT a.groups || a.team_names FROM actors a WHERE a.org = of AND a.id = requester), '{}'),
      'roles', ARRAY(SELECT DISTINCT b.role FROM role_bindings b
        WHERE b.org = of AND (b.expires_at IS NULL OR b.expires_at > now())
          AND (b.actor = requester OR b.team IN (SELECT m.team FROM team_members m WHERE m.actor = requester))
          AND (b.project IS NULL OR (b.project = at_project AND (b.environment IS NULL OR b.environment = at_environment)))
        ORDER BY b.role))
    FROM policy_heads v WHERE v.org = of), '')
$$;
REVOKE ALL ON FUNCTION policy_basis(uuid, uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION policy_basis(uuid, uuid, uuid, text) TO gantry_engine;
