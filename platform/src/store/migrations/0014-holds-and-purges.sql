-- A hold that came in the moment of a purge was acknowledged, and the run was gone. Now whoever comes second waits for the first:
-- a hold locks its run as a foreign key would, without the triggers that a foreign key would put on the runs that the flush writes.
CREATE FUNCTION hold_needs_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM FROM runs WHERE id = NEW.run_id AND org = NEW.org FOR KEY SHARE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION hold_needs_run() FROM PUBLIC;
CREATE TRIGGER hold_needs_run BEFORE INSERT ON run_holds FOR EACH ROW EXECUTE FUNCTION hold_needs_run();
