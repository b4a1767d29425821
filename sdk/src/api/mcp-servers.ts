import { z } from "zod";
import { ErrorData } from "../error-data.ts";
import { JsonObject } from "../json.ts";
import { Effect } from "../plan.ts";
import { Text, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** Short, since names of tools begin with it and models take 64 characters. */
export const McpServerName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,23}$/, "must be a lower-case letter, then letters, digits or -, 24 at most");
const toolName = Text(200);

const names = (key: RegExp) =>
  z.record(z.string().regex(key), Text(200)).refine((all) => Object.keys(all).length <= 20, "at most 20");
const headers = names(/^(bearer|[A-Za-z][A-Za-z0-9-]{0,62})$/);
const variables = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/**
 * How a server is signed in to by OAuth: as a program, with client credentials that go to the authorization server named here and to no other;
 * or by a person, once, for all of the organization.
 */
const McpOauth = z.object({
  by: z.enum(["program", "person"]).default("program"),
  /** Null, of a person: the one that the server names. */
  issuer: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .nullable()
    .default(null),
  /** Null, of a person: the authorization server is told who asks, or registers it on the spot. */
  client: Text(200).nullable().default(null),
  /** Name of the secret that holds the client's. */
  secret: Text(200).nullable().default(null),
  /** What it may ask for at most, with blanks between; null: what the server says. */
  scope: Text(500).nullable().default(null),
});
const NewOauth = McpOauth.refine(
  ({ by, issuer, client, secret }) =>
    by === "program"
      ? issuer !== null && client !== null && secret !== null
      : (client === null || issuer !== null) && (secret === null || client !== null),
  {
    message: "a program needs issuer, client and secret; a person's client needs an issuer, and a secret is a client's",
  },
);

export const McpServerSetup = z.discriminatedUnion("transport", [
  z
    .object({
      transport: z.literal("http"),
      url: z.url({ protocol: /^https?$/ }).max(2_000),
      /** Names of secrets by the header that takes them; `bearer`: as the token of `Authorization`. */
      secrets: headers.default({}),
      oauth: NewOauth.nullable().default(null),
    })
    // They would go to the authorization server, too.
    .refine(({ secrets, oauth }) => oauth === null || Object.keys(secrets).length === 0, {
      path: ["oauth"],
      message: "stands instead of secrets",
    }),
  z.object({
    transport: z.literal("stdio"),
    /** A program on the hosts of the installation. */
    command: Text(500),
    args: z.array(z.string().max(2_000)).max(50).default([]),
    /** All that it gets of an environment, besides where programs and its own folders are. */
    env: z.record(z.string().regex(variables), z.string().max(2_000)).default({}),
    /** Names of secrets by the variable that takes them. */
    secrets: names(variables).default({}),
    /** Whether it may use the network. */
    network: z.boolean().default(false),
  }),
]);

/** Who signed in to a server for the organization. */
const McpSignInView = z.object({
  /** Null: nobody yet, though somebody began to. */
  by: z.string().nullable(),
  at: Timestamp.nullable(),
  /** Where. */
  issuer: z.string().nullable(),
  /** What was allowed. */
  scope: z.string().nullable(),
  /** When its token ends; null: it doesn't say. */
  endsAt: Timestamp.nullable(),
  /** Whether there is another then, without anybody signing in again. */
  renews: z.boolean(),
  /** Why somebody has to sign in again: it ended, or what was called takes more; `refused`: the last attempt came to nothing. */
  problem: z.enum(["ended", "scope", "refused"]).nullable(),
  /** What was lacking, by `scope`. */
  lacks: z.string().nullable(),
  /** Until when a sign-in that was begun waits for its person. */
  begunUntil: Timestamp.nullable(),
});

export const McpServerView = z.object({
  name: z.string(),
  transport: z.enum(["http", "stdio"]),
  url: z.string().nullable(),
  command: z.string().nullable(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  secrets: z.record(z.string(), z.string()),
  oauth: McpOauth.nullable(),
  network: z.boolean(),
  actor: z.string(),
  updatedAt: Timestamp,
  /** When somebody looked at it last; null: not since it was set up as it is. */
  lookedAt: Timestamp.nullable(),
  /** Why the last look failed. */
  problem: ErrorData.nullable(),
  /** Null: nobody signed in to it. */
  signIn: McpSignInView.nullable(),
  /** The revision of the protocol that it speaks. */
  protocol: z.string().nullable(),
  /** What it says that it is; nobody vouches for it. */
  says: z.object({ name: z.string(), version: z.string() }).nullable(),
  tools: z.object({ approved: z.int(), waiting: z.int() }),
});
export type McpServerView = z.infer<typeof McpServerView>;

/** One part of a tool that isn't as it was approved. */
const Change = z.object({ part: z.string(), before: z.string().nullable(), after: z.string().nullable() });

export const McpToolView = z.object({
  /** As plans name it. */
  tool: z.string(),
  /** As its server names it. */
  name: z.string(),
  title: z.string().nullable(),
  /** The server's own words, without what people can't see. */
  description: z.string().nullable(),
  inputSchema: JsonObject,
  outputSchema: JsonObject.nullable(),
  /** What the server says of its effect; it decides nothing. */
  annotations: JsonObject.nullable(),
  /** `changed`: it isn't as it was approved, and can't be used until it is approved again. `gone`: the server has it no more. */
  state: z.enum(["new", "approved", "changed", "gone"]),
  /** Of all that was found; say it to approve it. */
  digest: z.string().nullable(),
  effect: Effect.nullable(),
  approvedBy: z.string().nullable(),
  approvedAt: Timestamp.nullable(),
  changes: z.array(Change),
  /** What to look at twice before approving it. */
  warnings: z.array(z.string()),
});
export type McpToolView = z.infer<typeof McpToolView>;

const server = z.object({ server: McpServerName });

export const mcpServers = {
  put: endpoint({
    id: "mcpServers.put",
    method: "PUT",
    path: "/mcp-servers/:server",
    summary:
      "Add a server of the Model Context Protocol, or replace it. A program needs admin:everywhere; secrets need the scope for them.",
    scope: "admin",
    params: server,
    body: McpServerSetup,
    answer: McpServerView,
  }),
  list: endpoint({
    id: "mcpServers.list",
    method: "GET",
    path: "/mcp-servers",
    summary: "Servers of the Model Context Protocol whose tools the organization uses.",
    scope: "read",
    answer: z.object({ items: z.array(McpServerView) }),
  }),
  get: endpoint({
    id: "mcpServers.get",
    method: "GET",
    path: "/mcp-servers/:server",
    summary: "One server of the Model Context Protocol.",
    scope: "read",
    params: server,
    answer: McpServerView,
  }),
  tools: endpoint({
    id: "mcpServers.tools",
    method: "GET",
    path: "/mcp-servers/:server/tools",
    summary: "Tools of a server as they were found last, with what isn't as it was approved.",
    scope: "read",
    params: server,
    answer: z.object({ items: z.array(McpToolView) }),
  }),
  test: endpoint({
    id: "mcpServers.test",
    method: "POST",
    path: "/mcp-servers/:server/test",
    summary: "Connect to a server, and write down which tools it has. Calls none of them.",
    scope: "admin",
    params: server,
    answer: McpServerView,
  }),
  approve: endpoint({
    id: "mcpServers.approve",
    method: "POST",
    path: "/mcp-servers/:server/approve",
    summary: "Approve tools of a server as they are, so that plans may use them. Only a person can.",
    scope: "admin",
    params: server,
    body: z.object({
      tools: z
        .array(
          z.object({
            name: toolName,
            /** Of what was read; it is refused when the tool has changed since. */
            digest: Text(100),
            /** What it may do at most. `reads` lets agents that think call it without asking anybody. */
            effect: Effect.default("changes"),
          }),
        )
        .min(1)
        .max(200),
    }),
    answer: z.object({ items: z.array(McpToolView) }),
    audit: { details: ["tools"] },
  }),
  revoke: endpoint({
    id: "mcpServers.revoke",
    method: "POST",
    path: "/mcp-servers/:server/revoke",
    summary: "Take back the approval of tools of a server.",
    scope: "admin",
    params: server,
    body: z.object({ tools: z.array(toolName).min(1).max(200) }),
    answer: z.object({ items: z.array(McpToolView) }),
    audit: { details: ["tools"] },
  }),
  signIn: endpoint({
    id: "mcpServers.signIn",
    method: "POST",
    path: "/mcp-servers/:server/sign-in",
    summary:
      "Begin to sign in to a server by OAuth, for the whole organization: whoever opens the address, signed in here as the same person, brings it to its end.",
    scope: "admin",
    params: server,
    answer: z.object({ address: z.string(), expiresAt: Timestamp }),
  }),
  signOut: endpoint({
    id: "mcpServers.signOut",
    method: "POST",
    path: "/mcp-servers/:server/sign-out",
    summary: "Take back the tokens of a server where its authorization server does that, and erase them.",
    scope: "admin",
    params: server,
    answer: McpServerView,
  }),
  remove: endpoint({
    id: "mcpServers.remove",
    method: "DELETE",
    path: "/mcp-servers/:server",
    summary: "Remove a server with all that was approved of it.",
    scope: "admin",
    params: server,
    status: 204,
  }),
} as const;
