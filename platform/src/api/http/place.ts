import { InvalidRequestError } from "../errors.ts";
import type { Queryable } from "../../store/organization.ts";
import { requireProject, requireTarget } from "./target.ts";

/** Where something belongs, as requests say it: neither is the organization. */
export interface Place {
  project?: string | undefined;
  environment?: string | undefined;
}

/** The ids of a place. @throws InvalidRequestError, ProjectUnknownError, EnvironmentUnknownError */
export async function placeOf(
  db: Queryable,
  org: string,
  { project, environment }: Place,
  part: "query" | "body" = "query",
): Promise<{ org: string; project: string | null; environment: string | null }> {
  if (project === undefined) {
    if (environment === undefined) return { org, project: null, environment: null };
    const path = part === "query" ? "query.project" : "project";
    throw new InvalidRequestError([{ path, message: "an environment needs its project" }]);
  }
  if (environment === undefined) return { org, project: await requireProject(db, org, project), environment: null };
  const target = await requireTarget(db, org, { project, environment });
  return { org, project: target.project, environment };
}
