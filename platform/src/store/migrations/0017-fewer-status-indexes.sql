-- A run's row moves to another place in the table, with a new entry in each index, whenever a column that any index names
-- changes. The status changes with nearly every run's first step: what looks for halted, frozen or counted runs goes by the
-- unfinished ones instead (runs_unfinished), of which there are few and which is asked seldom.
DROP INDEX runs_active;
DROP INDEX runs_halted;
DROP INDEX runs_frozen;

CREATE OR REPLACE FUNCTION lift_kill_switch_everywhere() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  UPDATE kill_switches SET lifted_at = now() WHERE org IS NULL AND lifted_at IS NULL;
  INSERT INTO wakeups (run_id, org, pool, rank, due_at)
  SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM runs
  WHERE status = 'halted' AND finished_at IS NULL
  ON CONFLICT (run_id) DO UPDATE
    SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)
$$;
