import type { Queryable } from "../../store/organization.ts";
import { findEnvironment, findProject, type EnvironmentRow } from "../../store/organization/environments.ts";
import { EnvironmentUnknownError, NotFoundError, ProjectUnknownError } from "../errors.ts";

/** @throws ProjectUnknownError */
export async function requireProject(db: Queryable, org: string, name: string): Promise<string> {
  const project = await findProject(db, org, name);
  if (project === null) throw new ProjectUnknownError(name);
  return project;
}

/** Where a run is to work. @throws ProjectUnknownError, EnvironmentUnknownError */
export async function requireTarget(
  db: Queryable,
  org: string,
  at: { project: string; environment: string },
): Promise<{ project: string; environment: EnvironmentRow }> {
  const project = await requireProject(db, org, at.project);
  const environment = await findEnvironment(db, org, project, at.environment);
  if (environment === null) throw new EnvironmentUnknownError(at.project, at.environment);
  return { project, environment };
}

/** What the address names. @throws NotFoundError */
export async function namedProject(db: Queryable, org: string, name: string): Promise<string> {
  const project = await findProject(db, org, name);
  if (project === null) throw new NotFoundError();
  return project;
}

/** What the address names. @throws NotFoundError */
export async function namedTarget(
  db: Queryable,
  org: string,
  at: { project: string; environment: string },
): Promise<{ project: string; environment: EnvironmentRow }> {
  const project = await namedProject(db, org, at.project);
  const environment = await findEnvironment(db, org, project, at.environment);
  if (environment === null) throw new NotFoundError();
  return { project, environment };
}
