import { z } from "zod";
import { Name, Page, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** Neither given: the organization's. An environment's secret names its project too. */
const SecretScopeQuery = z.object({ project: Name.optional(), environment: Name.optional() });

/** What is known of a secret; its value can't be read back. */
export const SecretView = z.object({
  name: z.string(),
  project: z.string().nullable(),
  environment: z.string().nullable(),
  /** The one in use: the newest, unless an older one was restored. */
  version: z.int(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** Who stored the version in use. */
  actor: z.string(),
  /** When a run last got it, to the minute; null: never. */
  lastUsedAt: Timestamp.nullable(),
  /** When it ought to be replaced; null: nobody said. */
  rotateBy: Timestamp.nullable(),
});
export type SecretView = z.infer<typeof SecretView>;

export const SecretVersionView = z.object({
  version: z.int(),
  createdAt: Timestamp,
  actor: z.string(),
  /** Whether runs get this one. */
  current: z.boolean(),
});
export type SecretVersionView = z.infer<typeof SecretVersionView>;

const params = z.object({ name: z.string().max(128) });

export const secrets = {
  list: endpoint({
    id: "secrets.list",
    method: "GET",
    path: "/secrets",
    summary: "Secrets of one scope, without their values.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: SecretScopeQuery,
    answer: Page(SecretView),
  }),
  put: endpoint({
    id: "secrets.put",
    method: "PUT",
    path: "/secrets/:name",
    summary: "Store a value as the newest version of a secret.",
    scope: "secrets",
    resource: { kind: "place", in: "query" },
    params,
    query: SecretScopeQuery,
    body: z.object({
      value: z.string(),
      /** When it ought to be replaced, or stops working; said anew with each value. */
      rotateBy: Timestamp.optional(),
    }),
    answer: SecretView,
  }),
  versions: endpoint({
    id: "secrets.versions",
    method: "GET",
    path: "/secrets/:name/versions",
    summary: "The versions of a secret of one scope, newest first, without their values.",
    scope: "read",
    resource: { kind: "anywhere" },
    params,
    query: SecretScopeQuery,
    answer: Page(SecretVersionView),
  }),
  restore: endpoint({
    id: "secrets.restore",
    method: "POST",
    path: "/secrets/:name/restore",
    summary: "Put an older version of a secret back into use.",
    scope: "secrets",
    resource: { kind: "place", in: "query" },
    params,
    query: SecretScopeQuery,
    body: z.object({ version: z.int().min(1) }),
    answer: SecretView,
  }),
  delete: endpoint({
    id: "secrets.delete",
    method: "DELETE",
    path: "/secrets/:name",
    summary: "Delete a secret with all its versions.",
    scope: "secrets",
    resource: { kind: "place", in: "query" },
    params,
    query: SecretScopeQuery,
    status: 204,
  }),
} as const;
