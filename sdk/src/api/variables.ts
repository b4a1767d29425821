import { z } from "zod";
import { Name, Page, Text, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const VariableView = z.object({
  name: z.string(),
  /** Where it is set; both null: in the organization. */
  project: z.string().nullable(),
  environment: z.string().nullable(),
  value: z.string(),
  updatedAt: Timestamp,
  actor: z.string(),
});
export type VariableView = z.infer<typeof VariableView>;

/** As runbooks write it: `${{ variables.region }}`. */
export const VariableName = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9_]{0,62}$/, "must be a lower-case letter, then letters, digits or _, 63 at most");

/** Neither given: the organization's. An environment's variable names its project too. */
const PlaceQuery = z.object({ project: Name.optional(), environment: Name.optional() });
const params = z.object({ variable: VariableName });

export const variables = {
  put: endpoint({
    id: "variables.put",
    method: "PUT",
    path: "/variables/:variable",
    summary:
      "Set a variable of the organization, a project or an environment. Plans that were made keep the value before.",
    scope: "admin",
    resource: { kind: "place", in: "query" },
    params,
    query: PlaceQuery,
    body: z.object({ value: Text(10_000).or(z.literal("")) }),
    answer: VariableView,
  }),
  list: endpoint({
    id: "variables.list",
    method: "GET",
    path: "/variables",
    summary: "Variables, by name and place; of a place those that a plan there gets.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PlaceQuery,
    answer: Page(VariableView),
  }),
  get: endpoint({
    id: "variables.get",
    method: "GET",
    path: "/variables/:variable",
    summary: "The variable that a plan there gets: the environment's, else the project's, else the organization's.",
    scope: "read",
    resource: { kind: "anywhere" },
    params,
    query: PlaceQuery,
    answer: VariableView,
  }),
  remove: endpoint({
    id: "variables.remove",
    method: "DELETE",
    path: "/variables/:variable",
    summary: "Remove a variable of one place.",
    scope: "admin",
    resource: { kind: "place", in: "query" },
    params,
    query: PlaceQuery,
    status: 204,
  }),
} as const;
