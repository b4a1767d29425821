-- Approvals, sign-in and tenancy, what was missing: a passkey as the proof for one change set, what an organization wants of all its
-- environments' approvals, people who are put out of the installation, addresses whose passwords somebody guesses, more
-- quotas, and rows that stay hidden on a connection whose organization was reset.

-- A proof by a passkey begins as a question: the challenge follows from this and from all that the proof is bound to.
ALTER TABLE approval_proofs
  ADD COLUMN nonce bytea,
  ADD COLUMN answered_at timestamptz,
  ADD CHECK (method = 'totp' OR nonce IS NOT NULL),
  -- Also for the release before, which knows no questions.
  ADD CHECK (consumed_by IS NULL OR nonce IS NULL OR answered_at IS NOT NULL);
GRANT UPDATE (answered_at, expires_at) ON approval_proofs TO gantry_api;

-- What holds in environments that say nothing themselves.
ALTER TABLE organizations
  ADD COLUMN approval_mfa boolean NOT NULL DEFAULT false,
  ADD COLUMN escalate_minutes int CHECK (escalate_minutes BETWEEN 1 AND 43200),
  ADD COLUMN escalate_to text,
  ADD CHECK ((escalate_minutes IS NULL) = (escalate_to IS NULL));
GRANT UPDATE (approval_mfa, escalate_minutes, escalate_to) ON organizations TO gantry_api;
ALTER TABLE environments
  -- Null: as the organization says.
  ALTER COLUMN approval_mfa DROP NOT NULL,
  ALTER COLUMN approval_mfa DROP DEFAULT,
  -- Nobody is told here, whatever the organization says.
  ADD COLUMN escalate_nobody boolean NOT NULL DEFAULT false;
CREATE POLICY backfill ON environments TO gantry_migrator USING (true) WITH CHECK (true);
UPDATE environments SET approval_mfa = NULL WHERE NOT approval_mfa;
DROP POLICY backfill ON environments;

-- As before, with that.
CREATE OR REPLACE FUNCTION approvals_hold(of_run uuid, of_hash text) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH c AS (
    SELECT c.org, c.approvals, c.shared, c.begun_at, COALESCE(e.approval_mfa, o.approval_mfa, false) AS mfa, r.project, r.environment,
      ARRAY(SELECT human_of(q) FROM actors q WHERE q.org = c.org AND q.id = ANY (c.parties)) AS parties
    FROM change_sets c JOIN runs r ON r.id = c.run_id
    LEFT JOIN organizations o ON o.org = r.org
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

-- Wrong passwords, by the address that was tried: a hash of it, known here or not, so nothing tells which are.
CREATE TABLE auth.sign_in_failures (
  account      bytea PRIMARY KEY,
  failures     int NOT NULL DEFAULT 0,
  last_at      timestamptz NOT NULL DEFAULT now(),
  locked_until timestamptz,
  -- When whose address it is was told.
  told_at      timestamptz
);
GRANT SELECT, INSERT, UPDATE, DELETE ON auth.sign_in_failures TO gantry_auth;

-- Who is put out of the installation can't sign in, and is disabled wherever they are a member. Roles stay for when they come back.
ALTER TABLE auth."user" ADD COLUMN "disabledAt" timestamptz;
ALTER TABLE actors ADD COLUMN disabled_with_person boolean NOT NULL DEFAULT false;

-- Whoever signs in at this moment comes before it, and loses the session again, or after it, and gets none.
CREATE FUNCTION auth.refuse_disabled() RETURNS trigger LANGUAGE plpgsql SET search_path = auth AS $$
BEGIN
  PERFORM FROM auth."user" u WHERE u.id = NEW."userId" AND u."disabledAt" IS NULL FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Person % is disabled', NEW."userId" USING ERRCODE = 'GT005';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_disabled BEFORE INSERT ON auth.session FOR EACH ROW EXECUTE FUNCTION auth.refuse_disabled();

-- Whether the caller may is checked by the API (scope admin:everywhere). Returns false when there is nobody with that id.
CREATE FUNCTION set_person_disabled(human uuid, off boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  UPDATE auth."user" u SET "disabledAt" = CASE WHEN off THEN COALESCE(u."disabledAt", now()) END WHERE u.id = human;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF off THEN
    UPDATE actors a SET disabled_at = now(), disabled_with_person = true WHERE a.person = human AND a.disabled_at IS NULL;
    DELETE FROM auth.session s WHERE s."userId" = human;
  ELSE
    -- Whom an organization put out by itself stays out of it.
    UPDATE actors a SET disabled_at = NULL, disabled_with_person = false WHERE a.person = human AND a.disabled_with_person;
  END IF;
  RETURN true;
END $$;
CREATE FUNCTION list_people() RETURNS TABLE (id uuid, name text, email text, created_at timestamptz, disabled_at timestamptz, organizations text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT u.id, u.name, u.email, u."createdAt", u."disabledAt",
    ARRAY(SELECT o.name FROM actors a JOIN organizations o ON o.org = a.org WHERE a.person = u.id ORDER BY o.name)
  FROM auth."user" u ORDER BY u.email LIMIT 1000
$$;

-- What is counted besides runs.
ALTER TABLE quotas DROP CONSTRAINT quotas_kind_check, ADD CONSTRAINT quotas_kind_check CHECK (kind IN ('runs_at_once', 'queued_runs',
  'steps_per_run', 'storage_bytes', 'submissions_per_hour', 'projects', 'members', 'keys'));

-- Of an organization that this very transaction made: the API may write nothing else of another than its own.
CREATE FUNCTION set_first_quotas(of uuid, wanted json, who text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM set_config('gantry.within', of::text, true);
  INSERT INTO quotas (org, kind, amount, actor) SELECT o.org, w.key, w.value::bigint, who
    FROM organizations o, json_each_text(wanted) w WHERE o.org = of AND o.created_at = now();
  PERFORM set_config('gantry.within', '', true);
END $$;

-- Numbers over all organizations, and nothing but numbers. Failing: those that Vault couldn't be told to end, or to prolong.
CREATE POLICY metrics ON secret_leases FOR SELECT TO gantry_migrator USING (true);
CREATE FUNCTION lease_metrics() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT json_build_object('open', count(*), 'failing', count(*) FILTER (WHERE tries > 0),
    'oldestFailureSeconds', COALESCE(EXTRACT(epoch FROM now() - min(created_at) FILTER (WHERE tries > 0)), 0)::float8)
  FROM secret_leases
$$;
-- When the newest seal was made, besides how long the oldest entry waits for one.
CREATE FUNCTION audit_sealed_at() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT max(h.sealed_at) FROM (SELECT org FROM organizations UNION ALL SELECT '00000000-0000-0000-0000-000000000000') o
  CROSS JOIN LATERAL (SELECT s.sealed_at FROM audit_seals s WHERE s.org = o.org ORDER BY s.n DESC LIMIT 1) h
$$;

DO $$
DECLARE f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['set_person_disabled(uuid, boolean)', 'list_people()', 'set_first_quotas(uuid, json, text)',
    'lease_metrics()', 'audit_sealed_at()'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gantry_api', f);
  END LOOP;
END $$;

-- A pooled connection on which `gantry.org` was set once has it empty afterwards, not unset. An empty text is no UUID, so raw SQL got an
-- error where it should see nothing. After every migration, so that no policy that is written as before brings it back.
CREATE OR REPLACE FUNCTION cover_tenant_tables() RETURNS void
LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
  t record;
  raw text := '(current_setting(''gantry.org''::text, true))::uuid';
  safe text := '(NULLIF(current_setting(''gantry.org''::text, true), ''''::text))::uuid';
BEGIN
  FOR t IN SELECT * FROM tenant_tables() x WHERE NOT EXISTS (
      SELECT FROM pg_policy p WHERE p.polrelid = x.id AND p.polname = 'within') LOOP
    EXECUTE format('CREATE POLICY within ON %s TO gantry_migrator
      USING (org = nullif(current_setting(''gantry.within'', true), '''')::uuid)
      WITH CHECK (org = nullif(current_setting(''gantry.within'', true), '''')::uuid)', t.name);
  END LOOP;
  FOR t IN SELECT p.schemaname, p.tablename, p.policyname, p.qual, p.with_check FROM pg_policies p
      WHERE strpos(p.qual, raw) > 0 OR strpos(p.with_check, raw) > 0 LOOP
    EXECUTE format('ALTER POLICY %I ON %I.%I', t.policyname, t.schemaname, t.tablename)
      || COALESCE(' USING (' || replace(t.qual, raw, safe) || ')', '')
      || COALESCE(' WITH CHECK (' || replace(t.with_check, raw, safe) || ')', '');
  END LOOP;
END $$;
SELECT cover_tenant_tables();
