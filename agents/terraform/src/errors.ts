import { GantryError, ToolFailedError, type ErrorOptions } from "@gantry/sdk";
import { parseStream, parseTextDiagnostics } from "./parse.ts";
import type { Diagnostic } from "./schemas.ts";

/** Terraform failed in a way that has no class of its own. */
export class TerraformFailedError extends GantryError {
  readonly code: string = "terraform_failed";
  constructor(message: string, diagnostics: readonly Diagnostic[], options: ErrorOptions = {}) {
    super(message, { ...options, details: { ...options.details, diagnostics } });
  }
}

export class ConfigurationInvalidError extends TerraformFailedError {
  override readonly code = "terraform_configuration_invalid";
}

export class StateLockedError extends TerraformFailedError {
  override readonly code = "terraform_state_locked";
  override readonly fault = "operational";
  override readonly retryable = true;
}

export class StateUnreachableError extends TerraformFailedError {
  override readonly code = "terraform_state_unreachable";
  override readonly fault = "operational";
  override readonly retryable = true;
}

export class PlanStaleError extends TerraformFailedError {
  override readonly code = "terraform_plan_stale";
}

export class PlanReplacedError extends TerraformFailedError {
  override readonly code = "terraform_plan_replaced";
}

export class ProviderUnavailableError extends TerraformFailedError {
  override readonly code = "terraform_provider_unavailable";
  override readonly fault = "operational";
  override readonly retryable = true;
}

export class CredentialsRefusedError extends TerraformFailedError {
  override readonly code = "terraform_credentials_refused";
}

/** The repository or the commit can't be had. */
export class SourceUnavailableError extends GantryError {
  readonly code = "terraform_source_unavailable";
}

/** First match wins, over the summary and detail of each error. */
const rules: readonly { match: RegExp; make: typeof TerraformFailedError; next: string }[] = [
  {
    match: /Error acquiring the state lock|state lock/i,
    make: StateLockedError,
    next: "Wait for its holder, or release the lock if the holder is gone.",
  },
  {
    match: /Saved plan is stale|Saved plan does not match/i,
    make: PlanStaleError,
    next: "The state changed after the plan was made: plan again and have the new plan approved.",
  },
  {
    match:
      /Failed to query available provider packages|Failed to install provider|provider registry|Required plugins are not installed|Inconsistent dependency lock file|Failed to resolve provider packages/i,
    make: ProviderUnavailableError,
    next: "Check that the worker reaches the provider registry, or give it a mirror with TF_CLI_CONFIG_FILE.",
  },
  {
    match:
      /No valid credential|InvalidClientTokenId|ExpiredToken|SignatureDoesNotMatch|UnrecognizedClientException|AuthFailure|StatusCode: 401|status code 401|could not find default credentials|AuthorizationFailed|building account|unable to build authorizer/i,
    make: CredentialsRefusedError,
    next: "Check the secrets that the credentials refer to.",
  },
  {
    match:
      /(get|load|loading|read|save|saving|persist|upload|refresh)\w* state|HTTP remote state|Failed to request|error configuring the backend/i,
    make: StateUnreachableError,
    next: "Check that the worker reaches the state backend.",
  },
  {
    match:
      /^(Unsupported (argument|block type|attribute)|Invalid |Missing required argument|Reference to undeclared|Argument or block definition required|No value for required variable|Duplicate |Unclosed |Missing |Module not (installed|found)|Unreadable module|Undeclared |Incorrect attribute|Extraneous |Value for undeclared|Cycle|Error in function call|Unknown |Invalid$|No configuration files|Inappropriate )/,
    make: ConfigurationInvalidError,
    next: "Correct the configuration.",
  },
];

/**
 * What Terraform said, as one of the errors above; the whole result stays in `cause`. Anything that isn't a command that
 * ended by itself with a bad exit code comes back unchanged.
 */
export function classify(error: unknown, command: string): unknown {
  if (!(error instanceof ToolFailedError) || error.stopped !== undefined) return error;
  const { stdout, stderr } = error.outcome;
  const found = [...parseStream(stdout).diagnostics, ...parseTextDiagnostics(`${stdout}\n${stderr}`)];
  const errors = found.filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (first === undefined) return error;
  for (const { match, make, next } of rules) {
    const matching = errors.find(({ summary, detail }) => match.test(summary) || match.test(`${summary}\n${detail}`));
    if (matching) return new make(`terraform ${command}: ${sentence(matching)} ${next}`, errors, { cause: error });
  }
  return new TerraformFailedError(`terraform ${command}: ${sentence(first)}`, errors, { cause: error });
}

/** A configuration that `validate` (or the format check) doesn't let pass. */
export function configurationInvalid(diagnostics: readonly Diagnostic[]): ConfigurationInvalidError {
  const [first] = diagnostics;
  const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : "";
  return new ConfigurationInvalidError(
    `The configuration isn't valid: ${first ? sentence(first) : "validation failed."}${more} Correct the configuration.`,
    diagnostics,
  );
}

/** `Summary: detail (main.tf line 3).` */
function sentence({ summary, detail, file, line }: Diagnostic): string {
  const place = file === undefined ? "" : ` (${file}${line === undefined ? "" : ` line ${line}`})`;
  const said = [summary, detail.replace(/\s+/g, " ").trim().slice(0, 600)].filter((part) => part !== "").join(": ");
  return `${said.replace(/[.\s]+$/, "")}${place}.`;
}
