-- Lists of runs filter by several statuses, and by when runs ended; and people keep small things of their own: saved searches, say.

-- Written once, when a run ends. The live ones are few, and have runs_unfinished.
CREATE INDEX runs_ended ON runs (org, status, created_at DESC, id DESC) WHERE finished_at IS NOT NULL;

-- Whether the caller sees everything is asked once a query, not once a row. And the planner, which took `sees` for a condition that one row in
-- 200 fits, read all runs and sorted them instead of walking runs_list.
ALTER POLICY api_sees ON runs USING ((SELECT sees_all()) OR sees(project, environment));

CREATE TABLE actor_preferences (
  org        uuid NOT NULL REFERENCES organizations (org),
  actor      uuid NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  name       text NOT NULL,
  value      json NOT NULL CHECK (length(value::text) <= 32768),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, actor, name)
);
ALTER TABLE actor_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE actor_preferences FORCE ROW LEVEL SECURITY;
CREATE POLICY api_own ON actor_preferences TO gantry_api USING (org = nullif(current_setting('gantry.org', true), '')::uuid)
  WITH CHECK (org = nullif(current_setting('gantry.org', true), '')::uuid);
SELECT cover_tenant_tables();
GRANT SELECT, INSERT, UPDATE, DELETE ON actor_preferences TO gantry_api;

-- Nobody is behind the actors any more: what names they had isn't known here either, nor what they kept.
CREATE OR REPLACE FUNCTION end_person_erasure(erasure uuid, written text, signed text, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE place record;
BEGIN
  FOR place IN SELECT p.* FROM person_erasures e, json_to_recordset(e.places) AS p (org uuid, actor uuid) WHERE e.id = erasure LOOP
    PERFORM set_config('gantry.within', place.org::text, true);
    DELETE FROM actor_preferences f WHERE f.org = place.org AND f.actor = place.actor;
    UPDATE actors a SET person = NULL WHERE a.id = place.actor;
  END LOOP;
  PERFORM set_config('gantry.within', '', true);
  UPDATE person_erasures e SET erased_at = at, receipt = written, signature = signed, names = NULL, person = NULL WHERE e.id = erasure;
END $$;
