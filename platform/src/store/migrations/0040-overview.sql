-- What the start page and the queue tell: workers that somebody told to take nothing more, and how much each has in hand.

-- Since when it takes nothing more because somebody said so; its state is then `draining`. Null: nobody did.
ALTER TABLE workers ADD COLUMN drained_at timestamptz;

-- Workers belong to no organization. Whether the caller may is checked by the API (scope admin:everywhere).
CREATE FUNCTION drain_worker(worker uuid, wanted boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  UPDATE workers SET state = CASE WHEN wanted THEN 'draining' ELSE 'active' END,
    drained_at = CASE WHEN wanted THEN COALESCE(drained_at, now()) END
  WHERE id = worker AND CASE WHEN wanted THEN state = 'active' ELSE state = 'draining' AND drained_at IS NOT NULL END
$$;

-- Runs that workers have in hand, of all organizations, and nothing but their number.
CREATE FUNCTION worker_loads() RETURNS TABLE (worker uuid, runs bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT owner, count(*) FROM runs WHERE owner IS NOT NULL GROUP BY owner
$$;

REVOKE ALL ON FUNCTION drain_worker(uuid, boolean), worker_loads() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drain_worker(uuid, boolean), worker_loads() TO gantry_api;
