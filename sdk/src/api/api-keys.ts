import { z } from "zod";
import { Page, Scope, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const ApiKeyView = z.object({
  id: Uuid,
  /** What its owner calls it; empty where they said nothing. */
  name: z.string(),
  actor: Who,
  /** The first characters, to recognise it by. */
  prefix: z.string(),
  scopes: z.array(Scope),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  revokedAt: Timestamp.nullable(),
  /** To the minute; null: never. */
  lastUsedAt: Timestamp.nullable(),
});
export type ApiKeyView = z.infer<typeof ApiKeyView>;

export const apiKeys = {
  create: endpoint({
    id: "apiKeys.create",
    method: "POST",
    path: "/api-keys",
    summary: "Create a key for an actor. The answer is the only place where the key ever stands.",
    scope: "admin",
    body: z.object({
      /** The caller's own actor unless told. */
      actor: Uuid.optional(),
      name: z.union([Text(100), z.literal("")]).default(""),
      /** Of those that the caller's own credential has. */
      scopes: z.array(Scope).min(1),
      /** The most that the installation allows unless told. */
      expiresAt: Timestamp.nullable().default(null),
    }),
    answer: ApiKeyView.extend({ key: z.string() }),
    status: 201,
  }),
  list: endpoint({
    id: "apiKeys.list",
    method: "GET",
    path: "/api-keys",
    summary: "Keys of the organization, newest first.",
    scope: "admin",
    answer: Page(ApiKeyView),
  }),
  rotate: endpoint({
    id: "apiKeys.rotate",
    method: "POST",
    path: "/api-keys/:key/rotate",
    summary:
      "Create a key in the place of another, for the same actor and scopes. The one before goes on for the overlap, so that nothing stops meanwhile.",
    scope: "admin",
    params: z.object({ key: Uuid }),
    body: z.object({ overlapSeconds: z.int().min(0).max(2_592_000).default(3_600) }),
    answer: ApiKeyView.extend({ key: z.string() }),
    status: 201,
  }),
  revoke: endpoint({
    id: "apiKeys.revoke",
    method: "DELETE",
    path: "/api-keys/:key",
    summary: "Revoke a key at once.",
    scope: "admin",
    params: z.object({ key: Uuid }),
    answer: ApiKeyView,
  }),
} as const;
