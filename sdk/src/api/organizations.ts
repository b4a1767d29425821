import { z } from "zod";
import { Page, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { QuotaView } from "./quotas.ts";

export const OrganizationView = z.object({
  id: Uuid,
  name: z.string(),
  /** `deleting`: nothing new starts, and once its runs have ended it is erased. */
  state: z.enum(["active", "deleting"]),
  createdAt: Timestamp,
});
export type OrganizationView = z.infer<typeof OrganizationView>;

export const OrganizationDetail = OrganizationView.extend({
  projects: z.int(),
  actors: z.int(),
  /** Runs that haven't ended. */
  liveRuns: z.int(),
  quotas: z.array(QuotaView),
});
export type OrganizationDetail = z.infer<typeof OrganizationDetail>;

/** What was erased with an organization. */
export const ErasureReceipt = z.object({
  organization: Who,
  state: z.enum(["deleting", "erased"]),
  /** Who asked for it. */
  actor: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
  startedAt: Timestamp,
  erasedAt: Timestamp.nullable(),
  /** Rows erased so far, by table. */
  tables: z.record(z.string(), z.int()),
  blobs: z.int(),
  /** To the letter as it was signed; null while it is being deleted. */
  document: z.string().nullable(),
  /** Ed25519 over the document's bytes, base64url, by a key of /.well-known/jwks.json. */
  signature: z.object({ kid: z.string(), signature: z.string() }).nullable(),
});
export type ErasureReceipt = z.infer<typeof ErasureReceipt>;

const params = z.object({ organization: Uuid });
const OrganizationName = Text(100);

export const organizations = {
  create: endpoint({
    id: "organizations.create",
    method: "POST",
    path: "/organizations",
    summary:
      "Create an organization with a project, environments and an owner. The answer is the only place where the owner's key ever stands.",
    scope: "admin:everywhere",
    body: z.object({
      name: OrganizationName,
      /** What its owner is called there; the caller unless told. */
      owner: Text(200).optional(),
    }),
    answer: OrganizationView.extend({ owner: Who, key: z.string() }),
    status: 201,
  }),
  list: endpoint({
    id: "organizations.list",
    method: "GET",
    path: "/organizations",
    summary: "Organizations that the caller belongs to; all of them for a key with the scope admin:everywhere.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(OrganizationView),
  }),
  get: endpoint({
    id: "organizations.get",
    method: "GET",
    path: "/organizations/:organization",
    summary: "The caller's organization with its quotas.",
    scope: "read",
    resource: { kind: "anywhere" },
    params,
    answer: OrganizationDetail,
  }),
  rename: endpoint({
    id: "organizations.rename",
    method: "PUT",
    path: "/organizations/:organization",
    summary: "Rename the caller's organization.",
    scope: "admin",
    params,
    body: z.object({ name: OrganizationName }),
    answer: OrganizationView,
  }),
  remove: endpoint({
    id: "organizations.remove",
    method: "DELETE",
    path: "/organizations/:organization",
    summary:
      "Erase the caller's organization: all its keys end at once, its data once its runs have ended. For owners only. `receipt` is where to look then.",
    scope: "admin",
    params,
    query: z.object({
      /** The organization's name, typed. */
      confirm: OrganizationName,
      /** Cancel runs that haven't ended, instead of being refused because of them. */
      cancel: z.stringbool().default(false),
    }),
    answer: z.object({ organization: OrganizationView, receipt: z.string() }),
    status: 202,
  }),
} as const;

export const erasures = {
  list: endpoint({
    id: "erasures.list",
    method: "GET",
    path: "/erasures",
    summary: "Receipts of organizations that are being erased or were.",
    scope: "admin:everywhere",
    answer: Page(ErasureReceipt),
  }),
  get: endpoint({
    id: "erasures.get",
    method: "GET",
    path: "/erasures/:receipt",
    summary: "What was erased with an organization, by the token that its deletion answered with.",
    scope: "public",
    params: z.object({ receipt: z.string().regex(/^[\w-]{32}$/) }),
    answer: ErasureReceipt,
  }),
} as const;
