import { GantryError } from "@gantry/sdk";
import type { PolicyProblem } from "@gantry/sdk/api";

const shown = (problems: readonly PolicyProblem[]): string =>
  problems
    .slice(0, 5)
    .map(({ line, column, message }) => `${line}:${column}: ${message}`)
    .join(" ");

/** A text that isn't a policy of an organization. */
export class PolicyTextInvalidError extends GantryError {
  readonly code = "policy_text_invalid";
  constructor(problems: readonly PolicyProblem[]) {
    super(`The policy can't be stored. ${shown(problems)} \`gantry policy lint\` shows all of it.`, {
      details: { problems: problems.slice(0, 50) },
    });
  }
}

/** It would allow something, and policies of organizations only take away. */
export class PolicyPermitsError extends GantryError {
  readonly code = "policy_permits";
  constructor(problems: readonly PolicyProblem[]) {
    super(`The policy can't be stored. ${shown(problems)}`, { details: { problems: problems.slice(0, 50) } });
  }
}

export class PolicyChangedError extends GantryError {
  readonly code = "policy_changed";
  constructor(name: string, expected: number, version: number) {
    const is = version === 0 ? "there is none" : `it stands at version ${version}`;
    super(`Policy ${name} isn't at version ${expected} any more: ${is}. Look at what changed, then put yours again.`, {
      details: { name, expected, version },
    });
  }
}

export class PolicyVersionUnknownError extends GantryError {
  readonly code = "policy_version_unknown";
  constructor(name: string, version: number) {
    super(`Policy ${name} has no version ${version} with a text. \`gantry policy versions ${name}\` lists them.`, {
      details: { name, version },
    });
  }
}

export class PolicyLimitError extends GantryError {
  readonly code = "policy_limit_reached";
  constructor(limit: number) {
    super(`The organization has ${limit} policies, and more aren't kept. Put several statements into one policy.`, {
      details: { limit },
    });
  }
}
