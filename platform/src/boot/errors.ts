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
