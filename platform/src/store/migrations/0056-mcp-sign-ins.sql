-- People who signed in to a server of the Model Context Protocol, so that the organization's plans can use its tools.

CREATE TABLE mcp_sign_ins (
  org            uuid NOT NULL,
  server         text NOT NULL,
  -- Tokens, with where they are from and for; sealed with the organization's key. Null: nobody is signed in.
  tokens         bytea,
  issuer         text,
  scope          text,
  actor          text,
  signed_in_at   timestamptz,
  -- When the access token ends, and whether it is renewed then.
  ends_at        timestamptz,
  renews         boolean NOT NULL DEFAULT false,
  -- Why somebody has to sign in again: the tokens are good no more, or not for what was called, which needs this scope too.
  problem        text CHECK (problem IN ('ended', 'scope', 'refused')),
  lacks          text,
  -- Whoever renews the tokens, and until when nobody else does.
  renewing       uuid,
  renewing_until timestamptz,
  -- A sign-in that was begun: the digest of its state, whose it is, and what its end needs, sealed too.
  attempt_state  bytea UNIQUE,
  attempt_person uuid,
  attempt_by     text,
  attempt        bytea,
  attempt_until  timestamptz,
  PRIMARY KEY (org, server),
  FOREIGN KEY (org, server) REFERENCES mcp_servers (org, name) ON DELETE CASCADE
);

ALTER TABLE mcp_sign_ins ENABLE ROW LEVEL SECURITY;
ALTER TABLE mcp_sign_ins FORCE ROW LEVEL SECURITY;
CREATE POLICY api ON mcp_sign_ins TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY engine ON mcp_sign_ins TO gantry_engine USING (true) WITH CHECK (true);
GRANT SELECT (org, server, issuer, scope, actor, signed_in_at, ends_at, renews, problem, lacks, attempt_until) ON mcp_sign_ins TO gantry_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcp_sign_ins TO gantry_engine;
SELECT cover_tenant_tables();
