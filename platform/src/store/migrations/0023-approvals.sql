-- Approvals, complete: whose right counts, once per human; rights that are delegated for a time; a second factor that is given for one
-- change set; whom to tell when nobody answers. One function says whether an approval holds, and the statement that starts an attempt
-- asks it: what the API looked at before is only courtesy.

-- Who answers for a service account: what it asked for, they asked for.
ALTER TABLE actors ADD COLUMN owner uuid REFERENCES actors (id) ON DELETE SET NULL;

-- The human behind an actor. Of whom no person is known is their own.
CREATE FUNCTION human_of(a actors) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT COALESCE(a.person, (SELECT COALESCE(o.person, o.id) FROM actors o WHERE o.id = a.owner), a.id)
$$;

ALTER TABLE environments
  -- An approval counts only with a second factor given for that very change set.
  ADD COLUMN approval_mfa boolean NOT NULL DEFAULT false,
  -- When nobody has decided after so long, this group is told.
  ADD COLUMN escalate_minutes int CHECK (escalate_minutes BETWEEN 1 AND 43200),
  ADD COLUMN escalate_to text,
  ADD CHECK ((escalate_minutes IS NULL) = (escalate_to IS NULL));

-- A right in a group, lent by somebody who has it to somebody who hasn't. What one has by a delegation can't be delegated on.
CREATE TABLE approval_delegations (
  org        uuid NOT NULL,
  id         uuid PRIMARY KEY,
  "group"    text NOT NULL,
  delegator  uuid NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  delegate   uuid NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  reason     text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  until      timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_by uuid,
  CHECK (delegator <> delegate)
);
CREATE INDEX approval_delegations_delegate ON approval_delegations (delegate) WHERE revoked_at IS NULL;
CREATE INDEX approval_delegations_list ON approval_delegations (org, created_at DESC, id DESC);

-- A second factor that was given: for one hash, one decision, one person, one session or key, once.
CREATE TABLE approval_proofs (
  org         uuid NOT NULL,
  id          uuid PRIMARY KEY,
  run_id      uuid NOT NULL,
  hash        text NOT NULL,
  decision    text NOT NULL CHECK (decision IN ('approve', 'reject')),
  actor       uuid NOT NULL,
  person      uuid NOT NULL,
  -- Kind and id of what the caller was signed in with.
  credential  text NOT NULL,
  method      text NOT NULL CHECK (method IN ('totp', 'passkey')),
  created_at  timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz NOT NULL,
  -- The command that used it up.
  consumed_by uuid
);
CREATE INDEX approval_proofs_run ON approval_proofs (run_id);
CREATE INDEX approval_proofs_unused ON approval_proofs (org, expires_at) WHERE consumed_by IS NULL;

-- One person may stand for several groups where policy says so, and then has an approval in each.
ALTER TABLE approvals DROP CONSTRAINT approvals_pkey,
  ADD PRIMARY KEY (run_id, hash, actor, "group"),
  ADD COLUMN delegation uuid,
  ADD COLUMN proof uuid;

ALTER TABLE change_sets
  -- Actors with a hand in it: their humans can't approve it.
  ADD COLUMN parties uuid[] NOT NULL DEFAULT '{}',
  ADD COLUMN shared boolean NOT NULL DEFAULT false,
  -- Names of the secrets that its steps use, and which versions of them there were when people were asked.
  ADD COLUMN secrets text[] NOT NULL DEFAULT '{}',
  ADD COLUMN secret_versions text NOT NULL DEFAULT '';

-- Which version of each secret a run would get, as one text to compare.
CREATE FUNCTION secret_versions_of(of_run uuid, names text[]) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT COALESCE(string_agg(one.name || ' ' || one.id || ' ' || one.version, ',' ORDER BY one.name), '') FROM (
    SELECT DISTINCT ON (s.name) s.name, s.id, s.version FROM runs r JOIN secrets s ON s.org = r.org AND s.name = ANY (names)
      AND (s.project IS NULL OR s.project = r.project) AND (s.environment IS NULL OR s.environment = r.environment)
    WHERE r.id = of_run ORDER BY s.name, s.environment NULLS LAST, s.project NULLS LAST) one
$$;

-- Whether enough people who still may have approved it. They aren't disabled, are still in the group (or lent the right by somebody who
-- is), had no hand in the change, and gave a second factor where the environment wants one. A human counts once in it, under whatever
-- name and by whatever right, also when two actors turn out to be one human later. The end of a delegation, like that of the
-- approval itself, doesn't stop a change that has begun; taking one back does.
CREATE FUNCTION approvals_hold(of_run uuid, of_hash text) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH c AS (
    SELECT c.org, c.approvals, c.shared, c.begun_at, COALESCE(e.approval_mfa, false) AS mfa,
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
      AND a."group" = ANY (h.groups || h.team_names)
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

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['approval_delegations', 'approval_proofs'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO gantry_engine USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY api_own ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid)
      WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT ON approval_delegations TO gantry_api;
GRANT UPDATE (revoked_at, revoked_by) ON approval_delegations TO gantry_api;
GRANT SELECT, INSERT, DELETE ON approval_proofs TO gantry_api;
GRANT UPDATE (consumed_by) ON approval_proofs TO gantry_api;
GRANT SELECT, DELETE ON approval_delegations, approval_proofs TO gantry_engine;

-- One more command, whatever the list has grown to by now.
DO $$
BEGIN
  EXECUTE format('ALTER POLICY api_commands ON inbox WITH CHECK ((%s) OR (handled_at IS NULL AND kind = ''comment''))',
    (SELECT with_check FROM pg_policies WHERE tablename = 'inbox' AND policyname = 'api_commands'));
END $$;
