import { z } from "zod";
import { ConnectionName, Name, Page, Text, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const ConnectionView = z.object({
  name: z.string(),
  project: z.string().nullable(),
  environment: z.string().nullable(),
  kind: z.string(),
  /** Plain facts: addresses, regions. */
  settings: z.record(z.string(), z.string()),
  /** Names of secrets by what they are for; values never come out. */
  secrets: z.record(z.string(), z.string()),
  updatedAt: Timestamp,
  actor: z.string(),
});
export type ConnectionView = z.infer<typeof ConnectionView>;

/** Something that was tried out, and what was found. */
export const ConnectionCheck = z.object({
  what: z.string(),
  outcome: z.enum(["passed", "failed", "skipped"]),
  message: z.string(),
});
export type ConnectionCheck = z.infer<typeof ConnectionCheck>;

export const ConnectionTest = z.object({
  /** The one that a run at that place would get. */
  connection: ConnectionView,
  /** `reached`: somebody answered, and took the credentials where its kind says how they are used. */
  outcome: z.enum(["reached", "failed", "untried"]),
  checks: z.array(ConnectionCheck),
  at: Timestamp,
  ms: z.int(),
});
export type ConnectionTest = z.infer<typeof ConnectionTest>;

/** Neither given: the organization's. An environment's connection names its project too. */
const PlaceQuery = z.object({ project: Name.optional(), environment: Name.optional() });
const connectionName = z.object({ connection: ConnectionName });
const facts = z
  .record(z.string().regex(/^[A-Za-z][\w-]{0,62}$/), Text(2_000))
  .refine((all) => Object.keys(all).length <= 50, "at most 50");

export const connections = {
  put: endpoint({
    id: "connections.put",
    method: "PUT",
    path: "/connections/:connection",
    summary: "Add a connection to the organization, a project or an environment, or replace it there.",
    scope: "admin",
    resource: { kind: "place", in: "query" },
    params: connectionName,
    query: PlaceQuery,
    body: z.object({ kind: Name, settings: facts.default({}), secrets: facts.default({}) }),
    answer: ConnectionView,
  }),
  list: endpoint({
    id: "connections.list",
    method: "GET",
    path: "/connections",
    summary: "Connections, by name and place.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(ConnectionView),
  }),
  get: endpoint({
    id: "connections.get",
    method: "GET",
    path: "/connections/:connection",
    summary: "The connection that a run there gets: the environment's, else the project's, else the organization's.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: connectionName,
    query: PlaceQuery,
    answer: ConnectionView,
  }),
  test: endpoint({
    id: "connections.test",
    method: "POST",
    path: "/connections/:connection/test",
    summary:
      "Go where the connection that a run there gets leads to, from this server, as its kind can, and say what was found. Changes nothing.",
    scope: "admin",
    resource: { kind: "place", in: "query" },
    params: connectionName,
    query: PlaceQuery,
    answer: ConnectionTest,
  }),
  remove: endpoint({
    id: "connections.remove",
    method: "DELETE",
    path: "/connections/:connection",
    summary: "Remove a connection of one place.",
    scope: "admin",
    resource: { kind: "place", in: "query" },
    params: connectionName,
    query: PlaceQuery,
    status: 204,
  }),
} as const;
