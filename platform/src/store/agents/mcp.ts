import type { ErrorData, Effect, JsonObject } from "@gantry/sdk";
import { signInColumn, type McpSignIn } from "./mcp-sign-ins.ts";
import type { Queryable } from "../queryable.ts";

/** How a token is asked for: as a program, or by a person who signs in. Of a program issuer, client and secret are there. */
export interface McpOauth {
  by: "program" | "person";
  /** Null: the one that the server names. */
  issuer: string | null;
  /** Null: the authorization server is told who asks. */
  client: string | null;
  /** Name of a secret. */
  secret: string | null;
  scope: string | null;
}

/** Where a server of the Model Context Protocol is, and what it is given. */
export interface McpServerSetup {
  transport: "http" | "stdio";
  url: string | null;
  command: string | null;
  args: string[];
  env: Record<string, string>;
  /** Names of secrets: by header, or `bearer`, of an address; by variable of a program. */
  secrets: Record<string, string>;
  /** Null: no token is asked for. */
  oauth: McpOauth | null;
  network: boolean;
}

export interface McpServerRow extends McpServerSetup {
  org: string;
  name: string;
  actor: string;
  updatedAt: Date;
  lookedAt: Date | null;
  problem: ErrorData | null;
  /** Null: nobody ever signed in, or they signed out. */
  signIn: McpSignIn | null;
  protocol: string | null;
  server: JsonObject | null;
  approved: number;
  waiting: number;
}

/** A tool as its server describes it. */
export interface McpDefinition {
  name: string;
  title: string | null;
  description: string | null;
  inputSchema: JsonObject;
  outputSchema: JsonObject | null;
  annotations: JsonObject | null;
}

export interface McpToolRow {
  server: string;
  name: string;
  found: McpDefinition | null;
  foundDigest: string | null;
  approved: McpDefinition | null;
  approvedDigest: string | null;
  effect: Effect | null;
  approvedBy: string | null;
  approvedAt: Date | null;
}

const columns = `s.org, s.name, s.transport, s.url, s.command, s.args, s.env, s.secrets, s.network, s.actor,
  CASE WHEN s.oauth IS NULL THEN NULL ELSE '{"by": "program"}'::jsonb || s.oauth::jsonb END AS oauth,
  s.updated_at AS "updatedAt", ${signInColumn}, s.looked_at AS "lookedAt", s.problem, s.protocol, s.server,
  (SELECT count(*)::int FROM mcp_tools t WHERE t.org = s.org AND t.server = s.name AND t.approved_digest = t.found_digest) AS approved,
  (SELECT count(*)::int FROM mcp_tools t WHERE t.org = s.org AND t.server = s.name AND t.found_digest IS NOT NULL
     AND t.approved_digest IS DISTINCT FROM t.found_digest) AS waiting`;

const withSignIn = "mcp_servers s LEFT JOIN mcp_sign_ins i ON i.org = s.org AND i.server = s.name";

const toolColumns = `server, name, found, found_digest AS "foundDigest", approved, approved_digest AS "approvedDigest", effect,
  approved_by AS "approvedBy", approved_at AS "approvedAt"`;

export async function listMcpServers(db: Queryable, org: string): Promise<McpServerRow[]> {
  const { rows } = await db.query<McpServerRow>(
    `SELECT ${columns} FROM ${withSignIn} WHERE s.org = $1 ORDER BY s.name`,
    [org],
  );
  return rows;
}

export async function findMcpServer(db: Queryable, org: string, name: string): Promise<McpServerRow | null> {
  const { rows } = await db.query<McpServerRow>(
    `SELECT ${columns} FROM ${withSignIn} WHERE s.org = $1 AND s.name = $2`,
    [org, name],
  );
  return rows[0] ?? null;
}

/**
 * Adds it, or replaces what is there under that name. What was approved of it stays; of another address or program nothing can be used before
 * somebody looked at it.
 */
export async function putMcpServer(
  db: Queryable,
  { org, name, actor, ...setup }: McpServerSetup & { org: string; name: string; actor: string },
): Promise<void> {
  const { transport, url, command, args, env, secrets, network, oauth } = setup;
  await db.query(
    `UPDATE mcp_tools t SET found = NULL, found_digest = NULL FROM mcp_servers s WHERE s.org = $1 AND s.name = $2
       AND t.org = s.org AND t.server = s.name AND (s.url, s.command, s.args) IS DISTINCT FROM ($3::text, $4::text, $5::text[])`,
    [org, name, url, command, args],
  );
  await db.query(
    `INSERT INTO mcp_servers (org, name, transport, url, command, args, env, secrets, network, oauth, actor)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (org, name) DO UPDATE SET transport = excluded.transport, url = excluded.url, command = excluded.command,
       args = excluded.args, env = excluded.env, secrets = excluded.secrets, network = excluded.network, oauth = excluded.oauth,
       actor = excluded.actor, updated_at = now(), looked_at = NULL, problem = NULL, protocol = NULL, server = NULL`,
    [
      org,
      name,
      transport,
      url,
      command,
      args,
      JSON.stringify(env),
      JSON.stringify(secrets),
      network,
      oauth === null ? null : JSON.stringify(oauth),
      actor,
    ],
  );
}

/** From then on a person signs in to it. */
export async function letPeopleSignIn(db: Queryable, org: string, name: string, oauth: McpOauth): Promise<void> {
  await db.query("UPDATE mcp_servers SET oauth = $3, updated_at = now() WHERE org = $1 AND name = $2", [
    org,
    name,
    JSON.stringify(oauth),
  ]);
}

/** @returns false when there is none. */
export async function deleteMcpServer(db: Queryable, org: string, name: string): Promise<boolean> {
  const { rowCount } = await db.query("DELETE FROM mcp_servers WHERE org = $1 AND name = $2", [org, name]);
  return (rowCount ?? 0) > 0;
}

export interface McpLook {
  protocol: string | null;
  server: JsonObject | null;
  tools: readonly { definition: McpDefinition; digest: string }[];
}

/** Writes down what a look at a server found: tools that aren't there any more can't be used. */
export async function recordMcpLook(db: Queryable, org: string, name: string, look: McpLook): Promise<void> {
  const { protocol, server, tools } = look;
  await db.query(
    `UPDATE mcp_servers SET looked_at = now(), problem = NULL, protocol = $3, server = $4 WHERE org = $1 AND name = $2`,
    [org, name, protocol, server === null ? null : JSON.stringify(server)],
  );
  await db.query(
    `INSERT INTO mcp_tools (org, server, name, found, found_digest)
     SELECT $1, $2, t.name, t.found::json, t.digest FROM unnest($3::text[], $4::text[], $5::text[]) AS t (name, found, digest)
     ON CONFLICT (org, server, name) DO UPDATE SET found = excluded.found, found_digest = excluded.found_digest`,
    [
      org,
      name,
      tools.map(({ definition }) => definition.name),
      tools.map(({ definition }) => JSON.stringify(definition)),
      tools.map(({ digest }) => digest),
    ],
  );
  await db.query(
    `UPDATE mcp_tools SET found = NULL, found_digest = NULL
     WHERE org = $1 AND server = $2 AND found IS NOT NULL AND name <> ALL ($3::text[])`,
    [org, name, tools.map(({ definition }) => definition.name)],
  );
  await db.query("DELETE FROM mcp_tools WHERE org = $1 AND server = $2 AND found IS NULL AND approved IS NULL", [
    org,
    name,
  ]);
}

export async function recordMcpProblem(db: Queryable, org: string, name: string, problem: ErrorData): Promise<void> {
  await db.query("UPDATE mcp_servers SET looked_at = now(), problem = $3 WHERE org = $1 AND name = $2", [
    org,
    name,
    JSON.stringify(problem),
  ]);
}

export async function listMcpTools(db: Queryable, org: string, server: string): Promise<McpToolRow[]> {
  const { rows } = await db.query<McpToolRow>(
    `SELECT ${toolColumns} FROM mcp_tools WHERE org = $1 AND server = $2 ORDER BY name`,
    [org, server],
  );
  return rows;
}

/** Those that can be used: approved as they were found last. */
export async function usableMcpTools(db: Queryable, org: string): Promise<McpToolRow[]> {
  const { rows } = await db.query<McpToolRow>(
    `SELECT ${toolColumns} FROM mcp_tools WHERE org = $1 AND approved_digest = found_digest ORDER BY server, name`,
    [org],
  );
  return rows;
}

/** @returns false when the tool isn't as the digest says any more. */
export async function approveMcpTool(
  db: Queryable,
  {
    org,
    server,
    name,
    digest,
    effect,
    actor,
  }: { org: string; server: string; name: string; digest: string; effect: Effect; actor: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE mcp_tools SET approved = found, approved_digest = found_digest, effect = $5, approved_by = $6, approved_at = now()
     WHERE org = $1 AND server = $2 AND name = $3 AND found_digest = $4`,
    [org, server, name, digest, effect, actor],
  );
  return (rowCount ?? 0) > 0;
}

export async function revokeMcpTool(db: Queryable, org: string, server: string, name: string): Promise<void> {
  await db.query(
    `UPDATE mcp_tools SET approved = NULL, approved_digest = NULL, effect = NULL, approved_by = NULL, approved_at = NULL
     WHERE org = $1 AND server = $2 AND name = $3`,
    [org, server, name],
  );
}
