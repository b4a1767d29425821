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
  version: z.int(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** Who stored the newest version. */
  actor: z.string(),
});
export type SecretView = z.infer<typeof SecretView>;

const params = z.object({ name: z.string().max(128) });

export const secrets = {
  list: endpoint({
    id: "secrets.list",
    method: "GET",
    path: "/secrets",
    summary: "Secrets of one scope, without their values.",
    scope: "read",
    query: SecretScopeQuery,
    answer: Page(SecretView),
  }),
  put: endpoint({
    id: "secrets.put",
    method: "PUT",
    path: "/secrets/:name",
    summary: "Store a value as the newest version of a secret.",
    scope: "secrets",
    params,
    query: SecretScopeQuery,
    body: z.object({ value: z.string() }),
    answer: SecretView,
  }),
  delete: endpoint({
    id: "secrets.delete",
    method: "DELETE",
    path: "/secrets/:name",
    summary: "Delete a secret with all its versions.",
    scope: "secrets",
    params,
    query: SecretScopeQuery,
    status: 204,
  }),
} as const;
