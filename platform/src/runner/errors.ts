import { GantryError, type ErrorOptions } from "@gantry/sdk";

export class OutputTooLargeError extends GantryError {
  readonly code = "output_too_large";
  override readonly fault = "bug";
  constructor(tool: string, bytes: number, limit: number) {
    super(
      `${tool} returned ${bytes} bytes; a result may have ${limit}. It should put large content into an artifact.`,
      {
        details: { tool, bytes, limit },
      },
    );
  }
}

export class TimedOutError extends GantryError {
  readonly code = "attempt_timed_out";
  override readonly fault = "operational";
  override readonly retryable = true;
  constructor(options: ErrorOptions) {
    super(
      "The attempt took longer than its timeout and was stopped. Raise the step's timeoutMs if it needs more.",
      options,
    );
  }
}

export class PathRefusedError extends GantryError {
  readonly code = "path_refused";
  override readonly fault = "bug";
  constructor(path: string) {
    super(`${JSON.stringify(path)} is outside the attempt's working directory and the host directory of its project.`, {
      details: { path },
    });
  }
}

export class SecretNotDeclaredError extends GantryError {
  readonly code = "secret_not_declared";
  override readonly fault = "bug";
  constructor(tool: string, secret: string) {
    super(`${tool} asked for the secret ${secret}, which it doesn't declare in \`secrets\`.`, {
      details: { tool, secret },
    });
  }
}

export class ConnectionNotDeclaredError extends GantryError {
  readonly code = "connection_not_declared";
  override readonly fault = "bug";
  constructor(tool: string, connection: string) {
    super(`${tool} asked for the connection ${connection}, which it doesn't declare in \`connections\`.`, {
      details: { tool, connection },
    });
  }
}

export class ConnectionNotFoundError extends GantryError {
  readonly code = "connection_not_found";
  constructor(connection: string) {
    super(
      `No connection "${connection}" is set up for this environment, its project or the organization. ` +
        `Add it with gantry connection add ${connection}.`,
      { details: { connection } },
    );
  }
}
