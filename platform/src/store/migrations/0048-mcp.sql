-- Servers of the Model Context Protocol whose tools an organization uses, and which of their tools were approved as they are.

CREATE TABLE mcp_servers (
  org        uuid NOT NULL REFERENCES organizations (org),
  name       text NOT NULL,
  transport  text NOT NULL CHECK (transport IN ('http', 'stdio')),
  url        text,
  command    text,
  args       text[] NOT NULL DEFAULT '{}',
  -- Plain variables of a program.
  env        json NOT NULL DEFAULT '{}',
  -- Names of secrets: by header, or `bearer`, of an address; by variable of a program.
  secrets    json NOT NULL DEFAULT '{}',
  -- Whether a program may use the network.
  network    boolean NOT NULL DEFAULT false,
  -- How tokens are asked for (OAuth) and where they are from; null: not at all. The tokens themselves are secrets.
  oauth      json,
  actor      text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- What the last look found.
  looked_at  timestamptz,
  problem    json,
  protocol   text,
  server     json,
  PRIMARY KEY (org, name),
  CHECK ((transport = 'http') = (url IS NOT NULL)),
  CHECK ((transport = 'stdio') = (command IS NOT NULL))
);

-- A tool as it was found last, and as it was approved. Only where both digests are the same can it be used. Null: it isn't there any more, or
-- nobody approved it.
CREATE TABLE mcp_tools (
  org             uuid NOT NULL,
  server          text NOT NULL,
  name            text NOT NULL,
  found           json,
  found_digest    text,
  approved        json,
  approved_digest text,
  effect          text CHECK (effect IN ('reads', 'drafts', 'changes', 'destroys')),
  approved_by     text,
  approved_at     timestamptz,
  PRIMARY KEY (org, server, name),
  FOREIGN KEY (org, server) REFERENCES mcp_servers (org, name) ON DELETE CASCADE,
  CHECK ((found IS NULL) = (found_digest IS NULL)),
  CHECK ((approved IS NULL) = (approved_digest IS NULL) AND (approved IS NULL) = (effect IS NULL))
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['mcp_servers', 'mcp_tools'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format(
      'CREATE POLICY api ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid) '
      'WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', t);
    EXECUTE format('CREATE POLICY engine ON %I TO gantry_engine USING (true) WITH CHECK (true)', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcp_servers, mcp_tools TO gantry_api, gantry_engine;
SELECT cover_tenant_tables();
