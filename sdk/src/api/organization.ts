import { z } from "zod";
import { Name, Page, Scope, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { CredentialView } from "./sign-in.ts";
import { BreakGlassRole } from "./break-glass.ts";
import { Role } from "./roles.ts";

/** Who the caller is. */
export const Me = z.object({
  organization: Who,
  actor: Who.extend({ kind: z.enum(["user", "service"]), groups: z.array(z.string()) }),
  /** The same human has the same id with every key, session and organization; null: it isn't known who it is. */
  person: Uuid.nullable(),
  credential: CredentialView,
  scopes: z.array(Scope),
  /** Of a session: whether its person administers the installation, and until when it acts for it; null: it doesn't now. */
  installation: z.object({ administers: z.boolean(), until: Timestamp.nullable() }),
  /** What the actor holds by break-glass now: a role that nobody gave them. */
  breakGlass: z.array(
    z.object({
      id: Uuid,
      role: BreakGlassRole,
      project: z.string(),
      environment: z.string().nullable(),
      expiresAt: Timestamp,
    }),
  ),
});
export type Me = z.infer<typeof Me>;

export const ActorView = z.object({
  id: Uuid,
  kind: z.enum(["user", "service"]),
  name: z.string(),
  groups: z.array(z.string()),
  teams: z.array(z.string()),
  createdAt: Timestamp,
  disabledAt: Timestamp.nullable(),
});
export type ActorView = z.infer<typeof ActorView>;

export const EnvironmentView = z.object({
  project: z.string(),
  name: z.string(),
  /** `open`, `guarded` (changes need approval), `strict` (destruction needs more of it). */
  protection: z.enum(["open", "guarded", "strict"]),
  /** The workers that reach it. */
  pool: z.string(),
  createdAt: Timestamp,
});
export type EnvironmentView = z.infer<typeof EnvironmentView>;

export const me = {
  get: endpoint({
    id: "me.get",
    method: "GET",
    path: "/me",
    summary: "Who the key belongs to and what it may be used for.",
    scope: "read",
    resource: { kind: "self" },
    answer: Me,
  }),
} as const;

export const actors = {
  create: endpoint({
    id: "actors.create",
    method: "POST",
    path: "/actors",
    summary: "Create a person or service of the organization.",
    scope: "admin",
    body: z.object({
      kind: z.enum(["user", "service"]).default("user"),
      name: Text(200),
      groups: z.array(Name).max(100).default([]),
      /** What they may do in all of the organization. Unless told: look, and approve where they belong to groups. */
      roles: z.array(Role).max(7).optional(),
    }),
    answer: ActorView,
    status: 201,
  }),
  list: endpoint({
    id: "actors.list",
    method: "GET",
    path: "/actors",
    summary: "People and services of the organization, by name.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(ActorView),
  }),
  get: endpoint({
    id: "actors.get",
    method: "GET",
    path: "/actors/:actor",
    summary: "A person or service of the organization.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: z.object({ actor: Uuid }),
    answer: ActorView,
  }),
  edit: endpoint({
    id: "actors.edit",
    method: "PUT",
    path: "/actors/:actor",
    summary: "Rename an actor, or set the groups of approvers that it belongs to.",
    scope: "admin",
    params: z.object({ actor: Uuid }),
    body: z.object({ name: Text(200).optional(), groups: z.array(Name).max(100).optional() }),
    answer: ActorView,
  }),
  disable: endpoint({
    id: "actors.disable",
    method: "POST",
    path: "/actors/:actor/disable",
    summary: "Disable an actor: none of its keys works from then on. The last owner stays.",
    scope: "admin",
    params: z.object({ actor: Uuid }),
    answer: ActorView,
  }),
  enable: endpoint({
    id: "actors.enable",
    method: "POST",
    path: "/actors/:actor/enable",
    summary: "Enable an actor again.",
    scope: "admin",
    params: z.object({ actor: Uuid }),
    answer: ActorView,
  }),
} as const;

const environmentParams = z.object({ project: Name, environment: Name });

export const environments = {
  create: endpoint({
    id: "environments.create",
    method: "POST",
    path: "/environments",
    summary: "Create an environment of a project.",
    scope: "admin",
    resource: { kind: "place", in: "body" },
    body: z.object({
      project: Name.default("default"),
      name: Name,
      protection: EnvironmentView.shape.protection.default("guarded"),
      pool: Name.default("default"),
    }),
    answer: EnvironmentView,
    status: 201,
  }),
  list: endpoint({
    id: "environments.list",
    method: "GET",
    path: "/environments",
    summary: "Environments, by project and name.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(EnvironmentView),
  }),
  get: endpoint({
    id: "environments.get",
    method: "GET",
    path: "/projects/:project/environments/:environment",
    summary: "An environment of a project.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: environmentParams,
    answer: EnvironmentView,
  }),
  edit: endpoint({
    id: "environments.edit",
    method: "PUT",
    path: "/projects/:project/environments/:environment",
    summary:
      "Change how an environment is protected, or which workers reach it. Runs that were created keep their workers.",
    scope: "admin",
    resource: { kind: "place", in: "params" },
    params: environmentParams,
    body: z.object({ protection: EnvironmentView.shape.protection.optional(), pool: Name.optional() }),
    answer: EnvironmentView,
  }),
  remove: endpoint({
    id: "environments.remove",
    method: "DELETE",
    path: "/projects/:project/environments/:environment",
    summary:
      "Remove an environment with all that belongs to it; its runs stay in the history. Refused while runs are live or Terraform keeps states there.",
    scope: "admin",
    resource: { kind: "place", in: "params" },
    params: environmentParams,
    status: 204,
  }),
} as const;
