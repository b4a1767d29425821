import { z } from "zod";
import { Name, Page, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const TeamView = z.object({
  id: Uuid,
  name: z.string(),
  description: z.string(),
  members: z.array(Who.extend({ kind: z.enum(["user", "service"]) })),
  createdAt: Timestamp,
});
export type TeamView = z.infer<typeof TeamView>;

const Description = Text(1_000).or(z.literal(""));
const params = z.object({ team: Name });
const member = z.object({ team: Name, actor: Uuid });

export const teams = {
  create: endpoint({
    id: "teams.create",
    method: "POST",
    path: "/teams",
    summary: "Create a team. Policies can name it as a group of approvers.",
    scope: "admin",
    body: z.object({ name: Name, description: Description.default("") }),
    answer: TeamView,
    status: 201,
  }),
  list: endpoint({
    id: "teams.list",
    method: "GET",
    path: "/teams",
    summary: "Teams with their members, by name.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(TeamView),
  }),
  get: endpoint({
    id: "teams.get",
    method: "GET",
    path: "/teams/:team",
    summary: "A team with its members.",
    scope: "read",
    resource: { kind: "anywhere" },
    params,
    answer: TeamView,
  }),
  edit: endpoint({
    id: "teams.edit",
    method: "PUT",
    path: "/teams/:team",
    summary: "Rename a team or describe it.",
    scope: "admin",
    params,
    body: z.object({ name: Name.optional(), description: Description.optional() }),
    answer: TeamView,
  }),
  remove: endpoint({
    id: "teams.remove",
    method: "DELETE",
    path: "/teams/:team",
    summary: "Remove a team with its roles; its members stay.",
    scope: "admin",
    params,
    status: 204,
  }),
  addMember: endpoint({
    id: "teams.addMember",
    method: "PUT",
    path: "/teams/:team/members/:actor",
    summary: "Add somebody to a team: they get its roles and approve as the group of its name.",
    scope: "admin",
    params: member,
    answer: TeamView,
  }),
  removeMember: endpoint({
    id: "teams.removeMember",
    method: "DELETE",
    path: "/teams/:team/members/:actor",
    summary: "Take somebody out of a team.",
    scope: "admin",
    params: member,
    answer: TeamView,
  }),
} as const;
