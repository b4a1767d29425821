import type { Command } from "commander";
import { UsageError } from "../errors.ts";

/** Where something belongs; neither is the organization. */
export interface PlaceOptions {
  project?: string;
  environment?: string;
}

/** Where it belongs is said on the command line alone: a default from a file would put it where nobody looks. */
export function placed(command: Command): Command {
  return command
    .option("--project <name>", "of this project; of the organization unless told")
    .option("-e, --environment <name>", "of this environment of the project");
}

/** @throws {UsageError} for an environment without its project */
export function readPlace({ project, environment }: PlaceOptions, command: string): PlaceOptions {
  if (environment !== undefined && project === undefined) {
    throw new UsageError(
      "An environment needs its project too.",
      `gantry ${command} … --project default -e ${environment}`,
    );
  }
  return { ...(project === undefined ? {} : { project }), ...(environment === undefined ? {} : { environment }) };
}

export function placeWord({ project, environment }: { project: string | null; environment: string | null }): string {
  if (environment !== null) return `${project ?? ""}/${environment}`;
  return project === null ? "the organization" : `project ${project}`;
}
