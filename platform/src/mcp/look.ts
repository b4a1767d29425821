import { errorData, GantryError, type ErrorData } from "@gantry/sdk";
import type { Pool } from "pg";
import { resolveSecret, type OrganizationKeys } from "../secrets/index.ts";
import {
  recordMcpLook,
  recordMcpProblem,
  type McpDefinition,
  type McpLook,
  type McpServerRow,
} from "../store/agents/mcp.ts";
import { inOrganization } from "../store/organization.ts";
import { definitionOf, maximumDefinition, pinOf, shown } from "./definition.ts";
import { McpAnswerInvalidError } from "./errors.ts";
import { explain, openClient, type ClientDeps, type OpenClient, type Opening } from "./open-client.ts";

const maximumTools = 500;

/** Looks at a server, with its secrets, and writes down what it has, or what the problem is. */
export type LookAtMcp = (server: McpServerRow, signal: AbortSignal) => Promise<ErrorData | null>;

export function createLookAtMcp(deps: ClientDeps & { pool: Pool; keys: OrganizationKeys }): LookAtMcp {
  const { pool, keys } = deps;
  return async (setup, signal) => {
    const { org, name: server } = setup;
    const secret = async (name: string): Promise<string> => {
      await keys.prepare(org);
      const place = { org, project: null, environment: null, name };
      return (await inOrganization(pool, org, (tx) => resolveSecret({ tx, keys }, place))).value;
    };
    try {
      const look = await lookAt(deps, { org, server, setup, secret, signal });
      await inOrganization(pool, org, (tx) => recordMcpLook(tx, org, server, look));
      return null;
    } catch (error) {
      if (!(error instanceof GantryError)) throw error;
      const problem = errorData(error);
      await inOrganization(pool, org, (tx) => recordMcpProblem(tx, org, server, problem));
      return problem;
    }
  };
}

/** Connects to a server and reads what it has. @throws McpUnreachableError, McpRefusedError, McpAnswerInvalidError */
async function lookAt(deps: ClientDeps, opening: Opening & { setup: McpServerRow }): Promise<McpLook> {
  const { client, hidden, close } = await openClient(deps, opening);
  try {
    const tools = await definitionsOf({ client, hidden }, opening);
    const { name, version } = client.getServerVersion() ?? { name: "", version: "" };
    return {
      protocol: client.getNegotiatedProtocolVersion() ?? null,
      server: hidden().redactValue({ name: shown(name, 200), version: shown(version, 100) }),
      tools: tools.map((definition) => ({ definition, digest: pinOf(opening.setup, definition) })),
    };
  } finally {
    await close();
  }
}

/** Everything that a server has now. */
export async function definitionsOf(
  { client, hidden }: Pick<OpenClient, "client" | "hidden">,
  opening: Opening,
): Promise<McpDefinition[]> {
  const { server, signal } = opening;
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const { tools } = await client.listTools(undefined, { signal }).catch((error: unknown) => {
    throw explain(opening, error, hidden());
  });
  const definitions = hidden().redactValue(tools.map(definitionOf));
  if (definitions.length > maximumTools)
    throw new McpAnswerInvalidError(server, `it has ${definitions.length} tools, and ${maximumTools} are the most`);
  const seen = new Set<string>();
  for (const definition of definitions) {
    const name = shown(definition.name, 100);
    if (JSON.stringify(definition).length > maximumDefinition)
      throw new McpAnswerInvalidError(server, `what it says of ${name} is longer than ${maximumDefinition} characters`);
    if (definition.name.length > 200 || !definition.name.isWellFormed() || definition.name.includes("\0"))
      throw new McpAnswerInvalidError(server, `${name} is no name of a tool`);
    if (seen.has(definition.name)) throw new McpAnswerInvalidError(server, `it has two tools named ${name}`);
    seen.add(definition.name);
  }
  return definitions;
}
