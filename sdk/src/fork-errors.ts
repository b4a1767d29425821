import { GantryError } from "./errors.ts";

export class RunNotEndedError extends GantryError {
  readonly code = "run_not_ended";
  constructor(run: string, status: string) {
    super(
      `Run ${run} is ${status.replaceAll("_", " ")}; another run can be made from it once it has ended. ` +
        `Wait for its end, or cancel it: \`gantry cancel ${run}\`.`,
      { details: { run, status } },
    );
  }
}

export class ForkStepUnknownError extends GantryError {
  readonly code = "fork_step_unknown";
  constructor(run: string, step: string, known: readonly string[]) {
    const loop = /^(.+)\[\d+\]$/.exec(step)?.[1];
    const hint =
      loop !== undefined && known.includes(loop)
        ? `A loop is carried out as a whole: fork from ${loop}.`
        : `It has ${known.slice(0, 20).join(", ")}.`;
    super(`Run ${run} has no step ${JSON.stringify(step)} to fork from. ${hint}`, { details: { run, step } });
  }
}

export class ForkStepUndoneError extends GantryError {
  readonly code = "fork_step_undone";
  constructor(run: string, step: string) {
    super(
      `What step ${step} did in run ${run} was undone, or is to be, so a fork can't stand on it. Fork from ${step} or from a step before it.`,
      { details: { run, step } },
    );
  }
}

export class ForkStepKeptError extends GantryError {
  readonly code = "fork_step_kept";
  constructor(step: string, from: string, again: readonly string[]) {
    super(
      `Step ${step} isn't carried out in a fork from ${from}, so its input can't be set. Carried out are ${again.slice(0, 20).join(", ")}.`,
      { details: { step, from } },
    );
  }
}

export class ForkPathInvalidError extends GantryError {
  readonly code = "fork_path_invalid";
  constructor(step: string, path: string, why: string) {
    super(`${path} of step ${step} can't be set: ${why}.`, { details: { step, path } });
  }
}
