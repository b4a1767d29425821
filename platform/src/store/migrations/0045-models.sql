-- Calls to models: what an organization lets them be made with, and what each cost.

-- Without a row: whatever is connected, the better model first, nothing kept.
CREATE TABLE model_policies (
  org           uuid PRIMARY KEY REFERENCES organizations (org),
  -- Null: all. What isn't connected can't be asked either way.
  providers     text[],
  regions       text[],
  prefer        text NOT NULL DEFAULT 'quality' CHECK (prefer IN ('quality', 'cost', 'latency')),
  cache_seconds int NOT NULL DEFAULT 0 CHECK (cache_seconds BETWEEN 0 AND 86400),
  actor         text NOT NULL,
  updated_at    timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE model_policies ENABLE ROW LEVEL SECURITY;
ALTER TABLE model_policies FORCE ROW LEVEL SECURITY;
CREATE POLICY api ON model_policies TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY engine ON model_policies FOR SELECT TO gantry_engine USING (true);
GRANT SELECT, INSERT, UPDATE ON model_policies TO gantry_api;
GRANT SELECT ON model_policies TO gantry_engine;

-- One row for each time that a model was asked, those that failed too. Written when its end is known, and before it starts where a budget
-- has to set something aside (`open`). `lost`: whoever asked died before the end was known.
CREATE TABLE model_calls (
  org            uuid NOT NULL,
  id             uuid NOT NULL,
  at             timestamptz NOT NULL,
  project        uuid,
  environment    text,
  agent          text,
  run_id         uuid,
  step           text,
  task           text NOT NULL,
  connection     text NOT NULL,
  provider       text NOT NULL,
  model          text NOT NULL,
  state          text NOT NULL CHECK (state IN ('open', 'answered', 'failed', 'lost')),
  -- What budgets set aside for it: [{id, subject, amount}].
  claims         json NOT NULL DEFAULT '[]',
  -- When whoever asked must be dead.
  expires_at     timestamptz,
  input          bigint NOT NULL DEFAULT 0,
  cached_input   bigint NOT NULL DEFAULT 0,
  output         bigint NOT NULL DEFAULT 0,
  -- Millionths of a US dollar.
  micros         bigint NOT NULL DEFAULT 0,
  -- False: counted as the dearest model of its provider.
  price_known    boolean NOT NULL DEFAULT true,
  first_token_ms int,
  total_ms       int,
  error          text,
  PRIMARY KEY (org, id)
);
CREATE INDEX model_calls_at ON model_calls (org, at);
CREATE INDEX model_calls_run ON model_calls (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX model_calls_open ON model_calls (expires_at) WHERE state = 'open';
ALTER TABLE model_calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE model_calls FORCE ROW LEVEL SECURITY;
CREATE POLICY api ON model_calls FOR SELECT TO gantry_api USING (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY api_sees ON model_calls AS RESTRICTIVE FOR SELECT TO gantry_api USING ((SELECT sees_all()) OR sees(project, environment));
CREATE POLICY engine ON model_calls TO gantry_engine USING (true) WITH CHECK (true);
GRANT SELECT ON model_calls TO gantry_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON model_calls TO gantry_engine;
SELECT cover_tenant_tables();

-- Numbers of the last hour over all organizations, and nothing but numbers.
CREATE FUNCTION model_metrics() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT COALESCE(json_agg(m), '[]'::json) FROM (
    SELECT provider, model, count(*) FILTER (WHERE state = 'answered') AS answered, count(*) FILTER (WHERE state IN ('failed', 'lost')) AS failed,
      count(*) FILTER (WHERE state = 'open') AS open, sum(input)::float8 AS input, sum(cached_input)::float8 AS cached,
      sum(output)::float8 AS output, sum(micros)::float8 AS micros, avg(first_token_ms)::float8 AS "firstTokenMs", avg(total_ms)::float8 AS "totalMs"
    FROM model_calls WHERE at > now() - interval '1 hour' GROUP BY provider, model ORDER BY provider, model LIMIT 200) m
$$;
CREATE POLICY metrics ON model_calls FOR SELECT TO gantry_migrator USING (true);
CREATE INDEX model_calls_lately ON model_calls (at);
REVOKE ALL ON FUNCTION model_metrics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION model_metrics() TO gantry_api;
