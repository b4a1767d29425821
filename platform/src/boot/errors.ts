import { GantryError } from "@gantry/sdk";

export class PortTakenError extends GantryError {
  readonly code = "port_taken";
  override readonly fault = "operational";
  constructor(host: string, port: number, cause: unknown) {
    super(`${host}:${port} is taken by another program. Stop that, or set GANTRY_PORT to a free port (0 takes any).`, {
      cause,
      details: { host, port },
    });
  }
}

export class SandboxMissingError extends GantryError {
  readonly code = "sandbox_missing";
  override readonly fault = "operational";
  constructor(reason: string) {
    super(`GANTRY_SANDBOX is "required", but ${reason}. Install bubblewrap, or set it to "auto".`, {
      details: { reason },
    });
  }
}

/** The database's roles, owners or policies would let one organization see another. */
export class DatabaseNotIsolatedError extends GantryError {
  readonly code = "database_not_isolated";
  override readonly fault = "operational";
  constructor(problems: readonly string[]) {
    super(
      `The database doesn't keep organizations apart: ${problems.slice(0, 5).join("; ")}. Undo that on the server and start again.`,
      { details: { problems: [...problems] } },
    );
  }
}
