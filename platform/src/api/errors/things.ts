import { GantryError } from "@gantry/sdk";

export class RetentionTooShortError extends GantryError {
  readonly code = "retention_too_short";
  constructor(kind: string, minimumDays: number) {
    super(`${kind} can't be kept for fewer than ${minimumDays} days; set as many, or more.`, {
      details: { kind, minimumDays },
    });
  }
}

export class NotFoundError extends GantryError {
  readonly code = "not_found";
  /** The same text for what doesn't exist and what belongs to another organization. */
  constructor(what = "Nothing") {
    super(`${what} was found at this address. Check the id and that the key belongs to the right organization.`);
  }
}

export class ModelContentMissingError extends GantryError {
  readonly code = "model_content_missing";
  constructor(call: string) {
    super(
      `What was asked in call ${call} isn't kept: policy kept nothing then, it was removed since, or nothing left. gantry models policy says what is kept.`,
      { details: { call } },
    );
  }
}

export class NameTakenError extends GantryError {
  readonly code = "name_taken";
  constructor(what: string, name: string) {
    super(`There is ${what} named ${JSON.stringify(name)} already; choose another name.`, { details: { name } });
  }
}

export class EnvironmentUnknownError extends GantryError {
  readonly code = "environment_unknown";
  constructor(project: string, environment: string) {
    super(
      `Project ${JSON.stringify(project)} has no environment ${JSON.stringify(environment)}. ` +
        "GET /api/v1/environments lists them; POST there creates one.",
      { details: { project, environment } },
    );
  }
}

export class ProjectUnknownError extends GantryError {
  readonly code = "project_unknown";
  constructor(project: string) {
    super(`There is no project ${JSON.stringify(project)} in this organization.`, { details: { project } });
  }
}

export class ActorUnknownError extends GantryError {
  readonly code = "actor_unknown";
  constructor(actor: string) {
    super(`There is no actor ${actor} in this organization, or it is disabled.`, { details: { actor } });
  }
}

export class StateLockedError extends GantryError {
  readonly code = "state_locked";
  override readonly retryable = true;
  constructor(holder: { ID: string; Who: string; Operation: string; Created: string }) {
    super(
      `The state is locked by ${holder.Who || "somebody"} (${holder.Operation || "unknown operation"}, lock ${holder.ID}, ` +
        `since ${holder.Created || "an unknown time"}). Wait for it, or unlock it with a reason when its holder is gone.`,
      { details: { lock: holder } },
    );
  }
}

export class StateFencedError extends GantryError {
  readonly code = "state_fenced";
  override readonly fault = "operational";
  constructor(run: string) {
    super(
      `Run ${run} has changed hands since this attempt began, so the attempt gets no lock. Nothing was changed; the run's new worker goes on.`,
      { details: { run } },
    );
  }
}

export class StateVersionUnknownError extends GantryError {
  readonly code = "state_version_unknown";
  constructor(version: number) {
    super(`The state has no version ${version} with content. Its versions are listed under …/versions.`, {
      details: { version },
    });
  }
}
