-- What passes between people and agents that think: notes for later, and questions in the middle of a run.

-- What agents and people noted of a project, for agents that think there later. `tainted`: what the note is from that nobody vouches for;
-- who pins a note vouches for it, and it doesn't age.
CREATE TABLE memories (
  org         uuid NOT NULL,
  id          uuid NOT NULL,
  project     uuid NOT NULL,
  -- Null: of the whole project.
  environment text,
  kind        text NOT NULL CHECK (kind IN ('fact', 'lesson', 'preference')),
  text        text NOT NULL CHECK (length(text) <= 500),
  -- The same note is kept once.
  digest      bytea NOT NULL,
  -- Null: a person noted it.
  agent       text,
  run_id      uuid,
  step        text,
  -- What an agent says that it is from.
  source      text,
  tainted     text[] NOT NULL DEFAULT '{}',
  -- Who noted it; of an agent, who asked for its run.
  actor       json NOT NULL,
  pinned_by   json,
  pinned_at   timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now(),
  -- When it was noted again, which counts as news of it.
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, id),
  UNIQUE NULLS NOT DISTINCT (org, project, environment, digest)
);
CREATE INDEX memories_age ON memories (org, updated_at) WHERE pinned_at IS NULL AND agent IS NOT NULL;
ALTER TABLE memories ENABLE ROW LEVEL SECURITY;
ALTER TABLE memories FORCE ROW LEVEL SECURITY;
CREATE POLICY api ON memories TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY api_sees ON memories AS RESTRICTIVE FOR SELECT TO gantry_api USING (sees(project, environment));
CREATE POLICY engine ON memories TO gantry_engine USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON memories TO gantry_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON memories TO gantry_engine;

-- What a run asks people. The id follows from the run and the call that asks, so that asking again finds it, answered or not.
CREATE TABLE questions (
  org         uuid NOT NULL,
  id          uuid NOT NULL,
  project     uuid NOT NULL,
  environment text NOT NULL,
  run_id      uuid NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  step        text NOT NULL,
  agent       text,
  text        text NOT NULL,
  -- JSON Schema of the answer.
  schema      json NOT NULL,
  -- The group that may answer; null: whoever may run it.
  "group"     text,
  asked_at    timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz NOT NULL,
  answer      json,
  answered_by json,
  answered_at timestamptz,
  PRIMARY KEY (org, id)
);
CREATE INDEX questions_run ON questions (run_id);
CREATE INDEX questions_open ON questions (org, asked_at) WHERE answered_at IS NULL;
ALTER TABLE questions ENABLE ROW LEVEL SECURITY;
ALTER TABLE questions FORCE ROW LEVEL SECURITY;
CREATE POLICY api ON questions TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY api_sees ON questions AS RESTRICTIVE FOR SELECT TO gantry_api USING (sees(project, environment));
CREATE POLICY engine ON questions TO gantry_engine USING (true) WITH CHECK (true);
GRANT SELECT ON questions TO gantry_api;
GRANT UPDATE (answer, answered_by, answered_at) ON questions TO gantry_api;
GRANT SELECT, INSERT, DELETE ON questions TO gantry_engine;
SELECT cover_tenant_tables();

-- Whoever is erased is named in no note: a note that names them goes whole. A name counts as a word of its own.
CREATE FUNCTION erase_memories(erasure uuid, of uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  known text[] := (SELECT e.names FROM person_erasures e JOIN json_to_recordset(e.places) AS p (org uuid, actor uuid) ON p.org = of
    WHERE e.id = erasure AND e.erased_at IS NULL);
  n bigint;
BEGIN
  PERFORM set_config('gantry.within', of::text, true);
  DELETE FROM memories m WHERE m.org = of AND EXISTS (SELECT FROM unnest(known) k
    WHERE concat_ws(' ', m.text, m.source) ~* ('(^|\W)' || regexp_replace(k, '(\W)', '\\\1', 'g') || '($|\W)'));
  GET DIAGNOSTICS n = ROW_COUNT;
  PERFORM set_config('gantry.within', '', true);
  RETURN n;
END $$;
REVOKE ALL ON FUNCTION erase_memories(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_memories(uuid, uuid) TO gantry_engine;
