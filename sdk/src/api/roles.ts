import { z } from "zod";
import { Name, Page, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** What an actor may do; policies say what each is. Scopes say what a credential may be used for; both must allow. */
export const Role = z.enum(["viewer", "operator", "approver", "author", "security", "admin", "owner"]);
export type Role = z.infer<typeof Role>;

export const RoleBindingView = z.object({
  id: Uuid,
  role: Role,
  /** Whose it is: one of the two. */
  actor: Who.nullable(),
  team: Who.nullable(),
  /** Where it holds; both null: in all of the organization. */
  project: z.string().nullable(),
  environment: z.string().nullable(),
  grantedBy: Who.nullable(),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
});
export type RoleBindingView = z.infer<typeof RoleBindingView>;

export const roles = {
  grant: endpoint({
    id: "roles.grant",
    method: "POST",
    path: "/roles",
    summary:
      "Give an actor or a team a role in the organization, a project or an environment. Nobody gives more than they have; again with another end it is kept with that one.",
    scope: "admin",
    resource: { kind: "place", in: "body" },
    body: z.object({
      role: Role,
      actor: Uuid.optional(),
      team: Name.optional(),
      project: Name.optional(),
      environment: Name.optional(),
      expiresAt: Timestamp.nullable().default(null),
    }),
    answer: RoleBindingView,
    status: 201,
  }),
  list: endpoint({
    id: "roles.list",
    method: "GET",
    path: "/roles",
    summary: "Who has which role where. Of an actor also those of its teams.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: z.object({ actor: Uuid.optional() }),
    answer: Page(RoleBindingView),
  }),
  revoke: endpoint({
    id: "roles.revoke",
    method: "DELETE",
    path: "/roles/:binding",
    summary: "Take a role away. The last owner's stays.",
    scope: "admin",
    resource: { kind: "roleBinding", param: "binding" },
    params: z.object({ binding: Uuid }),
    status: 204,
  }),
} as const;
