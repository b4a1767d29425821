import { z } from "zod";
import { Name, Page, Scope, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** Who the caller is. */
export const Me = z.object({
  organization: Who,
  actor: Who.extend({ kind: z.enum(["user", "service"]), groups: z.array(z.string()) }),
  scopes: z.array(Scope),
});
export type Me = z.infer<typeof Me>;

export const ActorView = z.object({
  id: Uuid,
  kind: z.enum(["user", "service"]),
  name: z.string(),
  groups: z.array(z.string()),
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
    answer: Page(ActorView),
  }),
} as const;

export const environments = {
  create: endpoint({
    id: "environments.create",
    method: "POST",
    path: "/environments",
    summary: "Create an environment of a project.",
    scope: "admin",
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
    answer: Page(EnvironmentView),
  }),
} as const;
