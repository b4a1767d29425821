-- The last run of a runbook in an environment that succeeded is looked for whenever a failed one is looked at. Named columns change
-- at a run's end only, which moves its row anyway (runs_finished).
CREATE INDEX runs_of_runbook ON runs (org, runbook, environment, finished_at DESC)
  WHERE finished_at IS NOT NULL AND runbook IS NOT NULL;
