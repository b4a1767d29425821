import { z } from "zod";
import { Name, Page, Scope, Text, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const SessionView = z.object({
  id: Uuid,
  /** What its owner calls the device. */
  name: z.string().nullable(),
  userAgent: z.string().nullable(),
  address: z.string().nullable(),
  createdAt: Timestamp,
  /** To the minute. */
  lastUsedAt: Timestamp,
  expiresAt: Timestamp,
  /** The last proof with a second factor or a passkey. */
  mfaAt: Timestamp.nullable(),
  /** Whether the call itself came by it. */
  current: z.boolean(),
});
export type SessionView = z.infer<typeof SessionView>;

const OneSession = z.object({ session: Uuid });

export const sessions = {
  list: endpoint({
    id: "sessions.list",
    method: "GET",
    path: "/me/sessions",
    summary: "Where the person behind the caller is signed in, the last used first.",
    scope: "read",
    resource: { kind: "self" },
    answer: Page(SessionView),
  }),
  rename: endpoint({
    id: "sessions.rename",
    method: "PUT",
    path: "/me/sessions/:session",
    summary: "Give a session a name to recognise it by.",
    scope: "read",
    resource: { kind: "self" },
    params: OneSession,
    body: z.object({ name: Text(100) }),
    answer: SessionView,
  }),
  revoke: endpoint({
    id: "sessions.revoke",
    method: "DELETE",
    path: "/me/sessions/:session",
    summary: "Sign out there, at once.",
    scope: "read",
    resource: { kind: "self" },
    params: OneSession,
    status: 204,
  }),
  revokeOthers: endpoint({
    id: "sessions.revokeOthers",
    method: "DELETE",
    path: "/me/sessions",
    summary: "Sign out everywhere but here.",
    scope: "read",
    resource: { kind: "self" },
    answer: z.object({ ended: z.int() }),
  }),
} as const;

export const tokens = {
  create: endpoint({
    id: "tokens.create",
    method: "POST",
    path: "/tokens",
    summary:
      "Exchange a key or a session for a JWT of some minutes, for a program that shouldn't hold the key. It is signed with a key of /.well-known/jwks.json and dies with what it was made from.",
    scope: "read",
    resource: { kind: "self" },
    body: z.object({
      /** All that the caller has unless told. */
      scopes: z.array(Scope).min(1).optional(),
      seconds: z.int().min(30).max(900).default(900),
    }),
    audit: { details: ["scopes", "seconds"] },
    answer: z.object({ token: z.string(), scopes: z.array(Scope), expiresAt: Timestamp }),
    status: 201,
  }),
} as const;

export const RoleName = z.enum(["viewer", "operator", "approver", "author", "security", "admin", "owner"]);
export type RoleName = z.infer<typeof RoleName>;

export const InvitationView = z.object({
  id: Uuid,
  /** Null: for whoever has the link, as the first administrator's is. */
  email: z.string().nullable(),
  roles: z.array(z.string()),
  groups: z.array(z.string()),
  teams: z.array(z.string()),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  state: z.enum(["open", "accepted", "revoked", "expired"]),
});
export type InvitationView = z.infer<typeof InvitationView>;

/** `link` where no mail server is set: pass it on yourself. Otherwise it is in the person's mailbox, and null. */
const SentInvitation = InvitationView.extend({ link: z.string().nullable() });
const OneInvitation = z.object({ invitation: Uuid });
const hours = z.int().min(1).max(720).default(72);

export const invitations = {
  create: endpoint({
    id: "invitations.create",
    method: "POST",
    path: "/invitations",
    summary: "Invite a person. Whoever accepts becomes a member, with these roles, groups and teams.",
    scope: "admin",
    body: z.object({
      email: z.email().max(320),
      roles: z.array(RoleName).max(10).default(["viewer"]),
      groups: z.array(Name).max(100).default([]),
      /** Names of teams. */
      teams: z.array(Name).max(100).default([]),
      hours,
    }),
    answer: SentInvitation,
    status: 201,
  }),
  list: endpoint({
    id: "invitations.list",
    method: "GET",
    path: "/invitations",
    summary: "Invitations to the organization, newest first.",
    scope: "admin",
    answer: Page(InvitationView),
  }),
  resend: endpoint({
    id: "invitations.resend",
    method: "POST",
    path: "/invitations/:invitation/resend",
    summary: "Send an open invitation again, with a new link; the one before is void.",
    scope: "admin",
    params: OneInvitation,
    body: z.object({ hours }),
    answer: SentInvitation,
  }),
  revoke: endpoint({
    id: "invitations.revoke",
    method: "DELETE",
    path: "/invitations/:invitation",
    summary: "Revoke an invitation at once.",
    scope: "admin",
    params: OneInvitation,
    answer: InvitationView,
  }),
} as const;

export const ServiceAccountView = z.object({
  id: Uuid,
  name: z.string(),
  groups: z.array(z.string()),
  createdAt: Timestamp,
  disabledAt: Timestamp.nullable(),
  keys: z.int(),
});
export type ServiceAccountView = z.infer<typeof ServiceAccountView>;

export const serviceAccounts = {
  create: endpoint({
    id: "serviceAccounts.create",
    method: "POST",
    path: "/service-accounts",
    summary: "Create an account for a program, with roles of its own. Give it keys with POST /api-keys.",
    scope: "admin",
    body: z.object({
      name: Text(200),
      roles: z.array(RoleName).max(10).default(["viewer"]),
      groups: z.array(Name).max(100).default([]),
    }),
    answer: ServiceAccountView,
    status: 201,
  }),
  list: endpoint({
    id: "serviceAccounts.list",
    method: "GET",
    path: "/service-accounts",
    summary: "Accounts of programs, by name.",
    scope: "admin",
    answer: Page(ServiceAccountView),
  }),
  disable: endpoint({
    id: "serviceAccounts.disable",
    method: "POST",
    path: "/service-accounts/:account/disable",
    summary: "Disable an account at once: its keys are revoked, and whatever was made from them.",
    scope: "admin",
    params: z.object({ account: Uuid }),
    answer: ServiceAccountView,
  }),
} as const;

/** What a credential is, for `me`. */
export const CredentialView = z.object({
  kind: z.enum(["key", "session", "token"]),
  id: Uuid,
  mfaAt: Timestamp.nullable(),
});
