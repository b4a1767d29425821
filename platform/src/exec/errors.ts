import { GantryError } from "@gantry/sdk";

export { ToolNotFoundError } from "@gantry/sdk";

/** The machine has no process, memory or file left at this moment: as Node and as bubblewrap say it. */
const passing =
  /E(?:AGAIN|NOMEM|MFILE|NFILE|NOSPC)\b|Resource temporarily unavailable|Cannot allocate memory|Too many open files|No space left/;

/** The operating system refused to start the tool, or the sandbox around it: nothing of the tool ran. */
export class ToolStartError extends GantryError {
  readonly code = "tool_not_startable";
  override readonly fault = "operational";
  /** True when the machine lacked something that it may have again later. */
  override readonly retryable: boolean;
  constructor(tool: string, reason: string) {
    const retryable = passing.test(reason);
    const advice = retryable
      ? "The machine has no process, memory or file left for it; see what else runs there."
      : "Check that it is a program for this machine and that its arguments are not too long.";
    super(`"${tool}" could not be started (${reason}). ${advice}`, { details: { tool, reason } });
    this.retryable = retryable;
  }
}

/** A request that must not be carried out: it would leave the working directory or weaken the isolation. */
export class ExecRefusedError extends GantryError {
  readonly code = "exec_refused";
}

/** The same execution was asked for twice on one host, or was given up there; it is never started a second time. */
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
