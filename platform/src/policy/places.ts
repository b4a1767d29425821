import type { ResourceFacts } from "./authorize.ts";
import type { Rules } from "./rules.ts";

/** Names or ids; what isn't there is decided by what is above it. */
interface Place {
  project?: string | null | undefined;
  environment?: string | null | undefined;
}

export function factsOfPlace(
  org: string,
  rules: Rules,
  { project: name = null, environment = null }: Place,
): ResourceFacts {
  const project = name === null ? null : rules.project(name);
  if (project === null) return { type: "Organization", id: org, project: null, environment: null, protection: null };
  const protection = environment === null ? null : rules.protection(project.id, environment);
  if (environment === null || protection === null)
    return { type: "Project", id: project.name, project, environment: null, protection: null };
  return { type: "Environment", id: `${project.name}/${environment}`, project, environment, protection };
}

export function factsOfRun(
  org: string,
  rules: Rules,
  { run, requester, ...at }: { run: string; project: string | null; environment: string | null; requester?: string },
): ResourceFacts {
  const place = factsOfPlace(org, rules, at);
  if (at.project === null || at.environment === null) return place;
  // An environment that is gone is as strict as one can be.
  const protection = place.protection ?? "strict";
  const { environment } = at;
  return { ...place, type: "Run", id: run, environment, protection, ...(requester === undefined ? {} : { requester }) };
}
