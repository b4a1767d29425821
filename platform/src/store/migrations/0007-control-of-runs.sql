-- Control of runs: dry runs, and runs made from another one (a fork, a retry with other parameters, a dry run carried out).

-- The flush refuses a start that may change something where this is set. Nothing ever takes it back.
ALTER TABLE runs ADD COLUMN dry_run boolean NOT NULL DEFAULT false,
  ADD COLUMN origin_kind text CHECK (origin_kind IN ('fork', 'retry', 'dry_run')),
  ADD COLUMN origin_run uuid,
  ADD COLUMN origin_step text;
CREATE INDEX runs_origin ON runs (origin_run) WHERE origin_run IS NOT NULL;

-- Only for statements that set the column, so the flush doesn't pay for it.
CREATE FUNCTION dry_run_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.dry_run IS DISTINCT FROM OLD.dry_run THEN
    RAISE EXCEPTION 'Run % can''t change between dry run and real run', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER dry_run_stays BEFORE UPDATE OF dry_run ON runs FOR EACH ROW EXECUTE FUNCTION dry_run_stays();

ALTER TABLE change_sets DROP CONSTRAINT change_sets_status_check,
  ADD CONSTRAINT change_sets_status_check
    CHECK (status IN ('open', 'approved', 'rejected', 'expired', 'voided', 'previewed'));
