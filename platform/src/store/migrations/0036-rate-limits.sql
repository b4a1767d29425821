-- How often somebody asked within a while, counted by all servers together. Nothing of it has to outlive a crash, so it isn't logged: a
-- write costs no wait for the disk. Names are hashed before they come here: whose they are can't be read from it.

CREATE UNLOGGED TABLE rate_limits (
  name    bytea PRIMARY KEY,
  -- Points that were asked for since the window began, also those that were refused.
  used    bigint NOT NULL,
  ends_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX rate_limits_ended ON rate_limits (ends_at);

-- Counts `points` more of a name, and says what that comes to within the present window, which begins with the first of them. One
-- statement: who comes at the same time waits for the row and counts on.
CREATE FUNCTION count_points(wanted bytea, points int, seconds int, OUT total bigint, OUT ends timestamptz, OUT ends_in_ms float8)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO rate_limits AS r (name, used, ends_at) VALUES (wanted, points, clock_timestamp() + seconds * interval '1 second')
  ON CONFLICT (name) DO UPDATE SET
    used = CASE WHEN r.ends_at <= clock_timestamp() THEN excluded.used ELSE r.used + excluded.used END,
    ends_at = CASE WHEN r.ends_at <= clock_timestamp() THEN excluded.ends_at ELSE r.ends_at END
  RETURNING used, ends_at, EXTRACT(epoch FROM ends_at - clock_timestamp()) * 1000
$$;
CREATE FUNCTION look_at_points(wanted bytea, OUT total bigint, OUT ends timestamptz, OUT ends_in_ms float8)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT used, ends_at, EXTRACT(epoch FROM ends_at - clock_timestamp()) * 1000 FROM rate_limits
   WHERE name = wanted AND ends_at > clock_timestamp()
$$;
CREATE FUNCTION forget_points(wanted bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM rate_limits WHERE name = wanted
$$;
-- Windows that ended.
CREATE FUNCTION sweep_points() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM rate_limits WHERE name IN (
    SELECT name FROM rate_limits WHERE ends_at < clock_timestamp() ORDER BY ends_at LIMIT 10000 FOR UPDATE SKIP LOCKED)
$$;
REVOKE ALL ON FUNCTION count_points(bytea, int, int), look_at_points(bytea), forget_points(bytea), sweep_points() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_points(bytea, int, int), look_at_points(bytea), forget_points(bytea), sweep_points() TO gantry_api, gantry_auth;
