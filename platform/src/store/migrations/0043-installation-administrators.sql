-- Who administers the installation as a person, and since when one of their sessions may act for it, for some minutes.

ALTER TABLE auth."user" ADD COLUMN "administersSince" timestamptz;
ALTER TABLE auth.session
  ADD COLUMN "elevatedUntil" timestamptz,
  -- What a passkey was asked: its challenge follows from this, the session and the person, and is answered once.
  ADD COLUMN "elevationNonce" bytea,
  ADD COLUMN "elevationAskedAt" timestamptz;

-- Whoever took the first administrator's link: it was printed on the host.
UPDATE auth."user" u SET "administersSince" = now() WHERE u.id IN (
  SELECT a.person FROM invitations i JOIN actors a ON a.org = i.org AND a.id = i.accepted_by
   WHERE i.email IS NULL AND i.invited_by IS NULL AND i.accepted_at IS NOT NULL);

-- Beside `find_session`, on every request: who is relieved has nothing left with the next one.
CREATE FUNCTION session_elevation(session uuid) RETURNS TABLE (administers boolean, elevated_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT u."administersSince" IS NOT NULL,
    CASE WHEN u."administersSince" IS NOT NULL AND s."elevatedUntil" > now() THEN s."elevatedUntil" END
  FROM auth.session s JOIN auth."user" u ON u.id = s."userId" WHERE s.id = session
$$;

-- Whether the caller may is checked by the API. Returns false when there is nobody with that id.
CREATE FUNCTION set_installation_administrator(human uuid, really boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  UPDATE auth."user" u SET "administersSince" = CASE WHEN really THEN COALESCE(u."administersSince", now()) END WHERE u.id = human;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF NOT really THEN
    UPDATE auth.session s SET "elevatedUntil" = NULL, "elevationNonce" = NULL WHERE s."userId" = human;
  END IF;
  RETURN true;
END $$;

DROP FUNCTION list_people();
CREATE FUNCTION list_people() RETURNS TABLE (id uuid, name text, email text, created_at timestamptz, disabled_at timestamptz,
  administers_since timestamptz, organizations text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT u.id, u.name, u.email, u."createdAt", u."disabledAt", u."administersSince",
    ARRAY(SELECT o.name FROM actors a JOIN organizations o ON o.org = a.org WHERE a.person = u.id ORDER BY o.name)
  FROM auth."user" u ORDER BY u.email LIMIT 1000
$$;

DO $$
DECLARE f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['session_elevation(uuid)', 'set_installation_administrator(uuid, boolean)', 'list_people()'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gantry_api', f);
  END LOOP;
END $$;
