import { z } from "zod";
import { Name, Page, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const ProjectView = z.object({
  id: Uuid,
  name: z.string(),
  environments: z.array(z.string()),
  /** Runs that haven't ended. */
  liveRuns: z.int(),
  createdAt: Timestamp,
});
export type ProjectView = z.infer<typeof ProjectView>;

const params = z.object({ project: Name });

export const projects = {
  create: endpoint({
    id: "projects.create",
    method: "POST",
    path: "/projects",
    summary: "Create a project, without environments.",
    scope: "admin",
    body: z.object({ name: Name }),
    answer: ProjectView,
    status: 201,
  }),
  list: endpoint({
    id: "projects.list",
    method: "GET",
    path: "/projects",
    summary: "Projects of the organization, by name.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(ProjectView),
  }),
  get: endpoint({
    id: "projects.get",
    method: "GET",
    path: "/projects/:project",
    summary: "A project.",
    scope: "read",
    resource: { kind: "anywhere" },
    params,
    answer: ProjectView,
  }),
  rename: endpoint({
    id: "projects.rename",
    method: "PUT",
    path: "/projects/:project",
    summary: "Rename a project. What belongs to it stays.",
    scope: "admin",
    resource: { kind: "place", in: "params" },
    params,
    body: z.object({ name: Name }),
    answer: ProjectView,
  }),
  remove: endpoint({
    id: "projects.remove",
    method: "DELETE",
    path: "/projects/:project",
    summary:
      "Remove a project with its environments and all that belongs to it; its runs stay in the history. Refused while runs are live or Terraform keeps states there.",
    scope: "admin",
    resource: { kind: "place", in: "params" },
    params,
    status: 204,
  }),
} as const;
