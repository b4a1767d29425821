import { z } from "zod";
import { Page, Scope, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const ApiKeyView = z.object({
  id: Uuid,
  actor: Who,
  /** The first characters, to recognise it by. */
  prefix: z.string(),
  scopes: z.array(Scope),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  revokedAt: Timestamp.nullable(),
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
      scopes: z.array(Scope).min(1),
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
