/**
 * The client under test, as the suite starts it: a program that is given an address. It looks at what is there and calls every tool of it once, as
 * a plan's step does that a person approved, with what the suite says, or what the tool's schema takes. Where it wants somebody to sign in, a
 * person does (sign-in-person.ts).
 */
import type { AskRequest, Json, JsonObject } from "@gantry/sdk";
import { z } from "zod";
import { callTool } from "../../../platform/src/mcp/call.ts";
import { pinOf } from "../../../platform/src/mcp/definition.ts";
import { definitionsOf } from "../../../platform/src/mcp/look.ts";
import { openClient } from "../../../platform/src/mcp/open-client.ts";
import { createAddressGuard } from "../../../platform/src/outgoing/index.ts";
import { createPerson } from "./sign-in-person.ts";
import type { McpServerSetup } from "../../../platform/src/store/agents/mcp.ts";

const setup: McpServerSetup = {
  transport: "http",
  url: process.argv.at(-1) ?? "",
  command: null,
  args: [],
  env: {},
  secrets: {},
  oauth: null,
  network: false,
};
const guard = createAddressGuard(["127.0.0.0/8", "::1"]);
const { toolCalls = [], ...known } = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as {
  toolCalls?: { name: string; arguments: JsonObject }[];
  client_id?: string;
  client_secret?: string;
};
const person = createPerson({ setup, guard, known });
const deps = { guard, version: "0.0.0", talk: null, tokensOf: person.tokensOf };
const context = {
  signal: AbortSignal.timeout(100_000),
  deadline: Date.now() + 100_000,
  now: Date.now,
  secret: (name: string) => Promise.reject(new Error(`${name} isn't there.`)),
  artifact: (name: string, content: string | Uint8Array, contentType: string) =>
    Promise.resolve({ $artifact: `sha256:${"0".repeat(64)}`, name, bytes: content.length, contentType }),
  // Whoever is asked takes what the form proposes; what people send is checked by the same schema.
  ask: ({ schema }: AskRequest) => Promise.resolve(z.fromJSONSchema(schema).parse({}) as Json),
  notes: [],
  note: () => Promise.resolve(),
};
const server = "suite";
const org = "suite";
const opening = { org, server, setup, signal: context.signal, secret: context.secret };

const definitions = await person.untilSignedIn(async () => {
  const { client, hidden, close } = await openClient(deps, opening);
  return definitionsOf({ client, hidden }, opening).finally(close);
});
for (const definition of definitions) {
  const approvedDigest = pinOf(setup, definition);
  const tool = {
    server,
    name: definition.name,
    found: definition,
    foundDigest: approvedDigest,
    approved: definition,
    approvedDigest,
    effect: "changes" as const,
    approvedBy: "somebody",
    approvedAt: new Date(),
  };
  const said = toolCalls.filter(({ name }) => name === definition.name).map((call) => call.arguments);
  for (const input of said.length > 0 ? said : [inputFor(definition.inputSchema)])
    await person
      .untilSignedIn(() => callTool(deps, { org, setup, tool, server }, input, context))
      .catch((error: unknown) => {
        process.stderr.write(`${definition.name}: ${String(error)}\n`);
        process.exitCode = 1;
      });
}

function inputFor({ properties = {} }: JsonObject): JsonObject {
  const samples = { number: 2, integer: 2, string: "text", boolean: true } as const;
  return Object.fromEntries(
    Object.entries(properties as Record<string, { type?: keyof typeof samples }>).flatMap(([name, { type }]) =>
      type === undefined || !(type in samples) ? [] : [[name, samples[type]]],
    ),
  );
}
