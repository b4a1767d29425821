import { GantryError } from "@gantry/sdk";
import type { Fault } from "@gantry/sdk";

/** The repository, or a name in it, can't be used as asked. */
export class RefNotFoundError extends GantryError {
  readonly code = "ref_not_found";

  constructor(ref: string, repository: string) {
    super(`${repository} has no branch, tag or commit ${ref}. Check the name, and that it was pushed.`, {
      details: { ref, repository },
    });
  }
}

export class AmbiguousRefError extends GantryError {
  readonly code = "ref_ambiguous";

  constructor(ref: string, matches: readonly string[]) {
    super(`${ref} means ${matches.join(" and ")}. Give the full name.`, { details: { ref, matches } });
  }
}

/** A tree that would reach outside of itself once it is checked out. */
export class UnsafeTreeError extends GantryError {
  readonly code = "unsafe_tree";

  constructor(path: string, why: string) {
    super(`${path} ${why}, so this tree is not used. Remove it from the repository.`, { details: { path } });
  }
}

export class ManifestInvalidError extends GantryError {
  readonly code = "manifest_invalid";

  constructor(why: string) {
    super(`gantry.service.json can't be used: ${why}`);
  }
}

export class PortTakenError extends GantryError {
  readonly code = "port_taken";

  constructor(address: string, port: number, reason = "EADDRINUSE") {
    super(
      reason === "EACCES"
        ? `Port ${port} on ${address} needs privileges that Gantry doesn't have. Choose one above 1023.`
        : `Port ${port} on ${address} is taken by another process. Choose another port, or stop what listens there.`,
      { details: { address, port, reason } },
    );
  }
}

export class PortChangeError extends GantryError {
  readonly code = "port_change";

  constructor(service: string, environment: string, now: string) {
    super(
      `${service} in ${environment} listens on ${now}; a running service keeps its port. Stop it with deploy.stop first.`,
    );
  }
}

/** The health gate: this version never gets the traffic. */
export class HealthCheckFailedError extends GantryError {
  readonly code = "health_check_failed";
}

export class ReleaseNotFoundError extends GantryError {
  readonly code = "release_not_found";

  constructor(service: string, what: string) {
    super(`${service} has no ${what} on this host. Deploy the commit with deploy.service instead.`);
  }
}

export class NotDeployedError extends GantryError {
  readonly code = "not_deployed";

  constructor(service: string, environment: string) {
    super(`${service} isn't deployed in ${environment} on this host. Deploy it with deploy.service.`);
  }
}

/** The host process refused an order because the service isn't as the order supposes. */
export class DeploymentConflictError extends GantryError {
  readonly code = "deployment_conflict";
}

/** The host process can't be started or doesn't answer. */
export class HostUnreachableError extends GantryError {
  readonly code = "deploy_host_unreachable";
  override readonly fault: Fault = "operational";
  override readonly retryable = true;
}
