-- Budgets of calls to models. Their money is counted in millionths of a US dollar: a call costs less than a cent.
ALTER TABLE budgets ADD COLUMN covers text NOT NULL DEFAULT 'steps' CHECK (covers IN ('steps', 'models'));
ALTER TABLE budgets DROP CONSTRAINT budgets_measure_check;
ALTER TABLE budgets ADD CONSTRAINT budgets_measure_check CHECK (measure IN ('money', 'requests', 'time', 'tokens')
  AND (measure <> 'tokens' OR covers = 'models') AND (measure <> 'time' OR covers = 'steps'));
