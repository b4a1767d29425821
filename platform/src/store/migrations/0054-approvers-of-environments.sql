-- Who must approve changes in an environment at least, and how many of them: said where environments are set up, without writing a policy.
-- Policies still ask for what they ask; the engine takes this as one more of them, so that it too grows the version that decisions hold under.

ALTER TABLE organizations
  ADD COLUMN approval_group text CHECK (approval_group ~ '^[a-z][a-z0-9-]{0,62}$'),
  ADD COLUMN approval_count int CHECK (approval_count BETWEEN 1 AND 99),
  ADD CHECK ((approval_group IS NULL) = (approval_count IS NULL));
GRANT UPDATE (approval_group, approval_count) ON organizations TO gantry_api;
ALTER TABLE environments
  ADD COLUMN approval_group text CHECK (approval_group ~ '^[a-z][a-z0-9-]{0,62}$'),
  ADD COLUMN approval_count int CHECK (approval_count BETWEEN 1 AND 99),
  -- Nobody besides what policies ask for, whatever the organization says.
  ADD COLUMN approval_nobody boolean NOT NULL DEFAULT false,
  ADD CHECK ((approval_group IS NULL) = (approval_count IS NULL)),
  ADD CHECK (NOT approval_nobody OR approval_group IS NULL);

CREATE TRIGGER approvers_move_policy_head AFTER UPDATE OF approval_group, approval_count ON organizations FOR EACH ROW
  WHEN ((OLD.approval_group, OLD.approval_count) IS DISTINCT FROM (NEW.approval_group, NEW.approval_count))
  EXECUTE FUNCTION policy_head_moves();
CREATE TRIGGER approvers_move_policy_head AFTER UPDATE OF approval_group, approval_count, approval_nobody ON environments FOR EACH ROW
  WHEN ((OLD.approval_group, OLD.approval_count, OLD.approval_nobody)
    IS DISTINCT FROM (NEW.approval_group, NEW.approval_count, NEW.approval_nobody))
  EXECUTE FUNCTION policy_head_moves();
-- Or another environment of that name would inherit it.
CREATE TRIGGER approvers_leave_policy_head AFTER DELETE ON environments FOR EACH ROW
  WHEN (OLD.approval_group IS NOT NULL OR OLD.approval_nobody) EXECUTE FUNCTION policy_head_moves();
