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

-- A bulk action is a list of runs that was frozen when it was shown. Confirming it puts one command per run into the inbox,
-- in one transaction: nothing of it is left to a process that could die. What became of each stands in the inbox.
CREATE TABLE bulk_actions (
  id           uuid PRIMARY KEY,
  org          uuid NOT NULL,
  actor        uuid NOT NULL,
  actor_name   text NOT NULL,
  action       text NOT NULL CHECK (action IN ('cancel', 'retry', 'undo', 'pause', 'resume')),
  -- The command's own fields, such as the reason.
  options      json NOT NULL,
  filter       json NOT NULL,
  total        int NOT NULL CHECK (total > 0),
  created_at   timestamptz NOT NULL DEFAULT now(),
  -- Later it can't be confirmed any more.
  expires_at   timestamptz NOT NULL,
  confirmed_at timestamptz
);
CREATE INDEX bulk_actions_list ON bulk_actions (org, created_at DESC, id DESC);

CREATE TABLE bulk_items (
  org         uuid NOT NULL,
  bulk_action uuid NOT NULL REFERENCES bulk_actions (id) ON DELETE CASCADE,
  ordinal     int NOT NULL,
  run_id      uuid NOT NULL,
  -- The command in the inbox; null until the action is confirmed, and afterwards where the run wasn't there any more.
  message_id  uuid,
  PRIMARY KEY (bulk_action, ordinal)
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['bulk_actions', 'bulk_items'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY api_own ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid)
      WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, DELETE ON bulk_actions, bulk_items TO gantry_api;
GRANT UPDATE (confirmed_at) ON bulk_actions TO gantry_api;
GRANT UPDATE (message_id) ON bulk_items TO gantry_api;
