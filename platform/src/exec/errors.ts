import { GantryError } from "@gantry/sdk";

export { ToolNotFoundError } from "@gantry/sdk";

/** The operating system refused to start the tool. */
export class ToolStartError extends GantryError {
  readonly code = "tool_not_startable";
  override readonly fault = "operational";
  constructor(tool: string, reason: string) {
    super(
      `"${tool}" could not be started (${reason}). Check that it is a program for this machine and that its arguments are not too long.`,
      {
        details: { tool, reason },
      },
    );
  }
}

/** A request that must not be carried out: it would leave the working directory or weaken the isolation. */
export class ExecRefusedError extends GantryError {
  readonly code = "exec_refused";
}

/** The same execution was asked for twice on one host; it is never started a second time. */
export class ExecutionExistsError extends GantryError {
  readonly code = "execution_exists";
  override readonly fault = "bug";
  constructor(id: string) {
    super(`Execution ${id} was started before on this worker. Adopt it, or give the new one an id of its own.`, {
      details: { id },
    });
  }
}

/** The shim died with the tool: what the tool did is not known. */
export class ExecutionLostError extends GantryError {
  readonly code = "execution_lost";
  override readonly fault = "operational";
  constructor(id: string) {
    super(
      `Execution ${id} ended without leaving a result (its supervisor was killed, or the machine went down). What the tool did has to be inspected.`,
      {
        details: { id },
      },
    );
  }
}

/** Workers run on Linux (and, with fewer limits, on macOS). */
export class UnsupportedPlatformError extends GantryError {
  readonly code = "unsupported_platform";
  override readonly fault = "operational";
  constructor(platform: string) {
    super(
      `Tools can't be run on ${platform}: a worker needs process groups and signals. Run the worker on Linux, for example in WSL 2 or a container.`,
      {
        details: { platform },
      },
    );
  }
}
