-- Break-glass: for some hours somebody has a role at a place that nobody gave them, with a reason, and everybody hears of it. And every
-- change after which somebody may do less grows the access version, so that what they have open can be looked at again.

CREATE TABLE break_glass (
  org         uuid NOT NULL REFERENCES organizations (org),
  id          uuid PRIMARY KEY,
  actor       uuid NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  role        text NOT NULL CHECK (role IN ('operator', 'approver')),
  project     uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  -- Null: all of the project.
  environment text,
  reason      text NOT NULL,
  -- How a second factor was proven; null: the person has none.
  proof       text CHECK (proof IN ('totp', 'session')),
  opened_at   timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz NOT NULL,
  ended_at    timestamptz,
  -- Null while it holds, when it ran out, and when a role was taken from who opened it.
  ended_by    uuid,
  reviewed_at timestamptz,
  reviewed_by uuid,
  review      text,
  CHECK (expires_at <= opened_at + interval '4 hours'),
  CHECK ((reviewed_at IS NULL) = (review IS NULL))
);
CREATE INDEX break_glass_open ON break_glass (actor) WHERE ended_at IS NULL;
CREATE INDEX break_glass_list ON break_glass (org, opened_at DESC, id DESC);

ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
ALTER TABLE break_glass FORCE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON break_glass TO gantry_engine USING (true) WITH CHECK (true);
CREATE POLICY api_own ON break_glass TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY api_sees ON break_glass AS RESTRICTIVE FOR SELECT TO gantry_api USING (sees(project, environment));
CREATE POLICY caller_lookup ON break_glass TO gantry_migrator USING (true) WITH CHECK (true);
SELECT cover_tenant_tables();
GRANT SELECT, INSERT ON break_glass TO gantry_api;
GRANT UPDATE (ended_at, ended_by, reviewed_at, reviewed_by, review) ON break_glass TO gantry_api;
GRANT SELECT, DELETE ON break_glass TO gantry_engine;
CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON break_glass FOR EACH ROW EXECUTE FUNCTION access_changed();

-- Whoever hears of approvals hears of who goes around the usual way.
UPDATE subscriptions SET kinds = kinds || ARRAY['break_glass.opened'] WHERE 'approval.needed' = ANY (kinds);
ALTER POLICY api_new ON deliveries
  WITH CHECK (status = 'pending' AND attempts = 0 AND ((kind = 'test' AND seq = 0) OR kind LIKE 'break\_glass.%'));

-- What decisions about an actor follow from, with the rights of who asks. `breakGlass` marks a role that nobody gave.
CREATE FUNCTION actor_facts(wanted uuid)
RETURNS TABLE (org uuid, actor uuid, actor_kind text, actor_name text, person uuid, actor_groups text[], roles json, access_version bigint)
LANGUAGE sql STABLE AS $$
  SELECT a.org, a.id, a.kind, a.name, a.person, a.groups || a.team_names,
    (SELECT COALESCE(json_agg(h.held ORDER BY h.role, h.project, h.environment), '[]') FROM (
       SELECT b.role, b.project, b.environment,
           json_build_object('role', b.role, 'project', b.project, 'environment', b.environment) AS held
         FROM role_bindings b
        WHERE (b.actor = a.id OR b.team IN (SELECT m.team FROM team_members m WHERE m.actor = a.id))
          AND b.org = a.org AND (b.expires_at IS NULL OR b.expires_at > now())
       UNION ALL
       SELECT g.role, g.project, g.environment,
           json_build_object('role', g.role, 'project', g.project, 'environment', g.environment, 'breakGlass', g.id)
         FROM break_glass g
        WHERE g.actor = a.id AND g.org = a.org AND g.ended_at IS NULL AND g.expires_at > now()) h),
    COALESCE((SELECT v.n FROM access_versions v WHERE v.org = a.org), 0)
  FROM actors a WHERE a.id = wanted AND a.disabled_at IS NULL
$$;
CREATE OR REPLACE FUNCTION caller_facts(wanted uuid)
RETURNS TABLE (org uuid, actor uuid, actor_kind text, actor_name text, person uuid, actor_groups text[], roles json, access_version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT * FROM actor_facts(wanted)
$$;

-- Less trust in somebody ends what they opened.
CREATE FUNCTION end_break_glass_of(people uuid[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  UPDATE break_glass SET ended_at = now() WHERE actor = ANY (people) AND ended_at IS NULL AND expires_at > now()
$$;
REVOKE ALL ON FUNCTION end_break_glass_of(uuid[]) FROM PUBLIC;
CREATE FUNCTION role_taken() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF TG_TABLE_NAME = 'team_members' OR OLD.actor IS NOT NULL THEN
    PERFORM end_break_glass_of(ARRAY[OLD.actor]);
  ELSE
    PERFORM end_break_glass_of(ARRAY(SELECT m.actor FROM team_members m WHERE m.team = OLD.team));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER end_break_glass AFTER DELETE ON role_bindings FOR EACH ROW EXECUTE FUNCTION role_taken();
CREATE TRIGGER end_break_glass AFTER DELETE ON team_members FOR EACH ROW EXECUTE FUNCTION role_taken();

-- A key that is revoked, a session that is over.
CREATE TRIGGER access_changed AFTER DELETE OR UPDATE OF revoked_at, expires_at, scopes ON api_keys
  FOR EACH ROW EXECUTE FUNCTION access_changed();
CREATE FUNCTION session_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO access_versions AS v (org, n)
  SELECT DISTINCT a.org, 1 FROM actors a WHERE a.person = OLD."userId" ORDER BY a.org
  ON CONFLICT (org) DO UPDATE SET n = v.n + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER access_changed AFTER DELETE ON auth.session FOR EACH ROW EXECUTE FUNCTION session_ended();

-- Whether somebody stands in for the approvers of a place, by break-glass that is open.
CREATE FUNCTION stands_in(who uuid, at_project uuid, at_environment text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM break_glass g WHERE g.actor = who AND g.role = 'approver' AND g.ended_at IS NULL
    AND g.expires_at > clock_timestamp() AND g.project = at_project AND (g.environment IS NULL OR g.environment = at_environment))
$$;
-- As before, and: who stood in by break-glass counts as long as it is open; once the change has begun also when it ran out or who
-- opened it ended it, but not when somebody else did.
CREATE OR REPLACE FUNCTION approvals_hold(of_run uuid, of_hash text) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH c AS (
    SELECT c.org, c.approvals, c.shared, c.begun_at, COALESCE(e.approval_mfa, false) AS mfa, r.project, r.environment,
      ARRAY(SELECT human_of(q) FROM actors q WHERE q.org = c.org AND q.id = ANY (c.parties)) AS parties
    FROM change_sets c JOIN runs r ON r.id = c.run_id
    LEFT JOIN environments e ON e.org = r.org AND e.project = r.project AND e.name = r.environment
    WHERE c.run_id = of_run AND c.hash = of_hash),
  valid AS (
    SELECT a."group", human_of(p) AS person, human_of(h) AS holder
    FROM c JOIN approvals a ON a.run_id = of_run AND a.hash = of_hash
    JOIN actors p ON p.id = a.actor AND p.org = c.org AND p.disabled_at IS NULL
    LEFT JOIN approval_delegations d ON d.id = a.delegation AND d.org = c.org
    JOIN actors h ON h.id = COALESCE(d.delegator, a.actor) AND h.org = c.org AND h.disabled_at IS NULL
      AND (a."group" = ANY (h.groups || h.team_names)
        OR (a.delegation IS NULL AND EXISTS (SELECT FROM break_glass g
          WHERE g.org = c.org AND g.actor = a.actor AND g.role = 'approver' AND g.project = c.project
            AND (g.environment IS NULL OR g.environment = c.environment)
            AND ((g.ended_at IS NULL AND g.expires_at > clock_timestamp())
              OR (c.begun_at IS NOT NULL AND g.opened_at < c.begun_at AND g.expires_at > c.begun_at
                AND (g.ended_at IS NULL OR (g.ended_by = g.actor AND g.ended_at > c.begun_at)))))))
    WHERE (a.delegation IS NULL OR (d.delegate = a.actor AND d."group" = a."group" AND d.revoked_at IS NULL
        AND (c.begun_at IS NOT NULL OR d.until > clock_timestamp())))
      AND (a.proof IS NOT NULL OR NOT c.mfa)
      AND NOT human_of(p) = ANY (c.parties) AND NOT human_of(h) = ANY (c.parties)),
  need AS (SELECT one ->> 'group' AS "group", (one ->> 'count')::int AS n FROM c, json_array_elements(c.approvals) one)
  SELECT EXISTS (SELECT FROM c)
    AND NOT EXISTS (SELECT FROM need WHERE need.n > (
      SELECT LEAST(count(DISTINCT person), count(DISTINCT holder)) FROM valid WHERE valid."group" = need."group"))
    AND ((SELECT shared FROM c) OR (SELECT COALESCE(sum(n), 0) FROM need)
      <= (SELECT LEAST(count(DISTINCT person), count(DISTINCT holder)) FROM valid))
$$;
