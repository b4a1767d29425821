import { ToolNotFoundError, type BinaryNeed, type ExecOptions, type ExecOutcome, type ToolContext } from "@gantry/sdk";
import { join } from "node:path";
import { classify } from "./errors.ts";
import type { Binary } from "./schemas.ts";

/** Every released tofu is newer than this minimum of terraform; tofu began at 1.6. */
export const terraformBinary: BinaryNeed = {
  anyOf: ["terraform", "tofu"],
  minimum: "1.5.0",
  versionArgs: ["version", "-json"],
  install:
    "Install Terraform 1.5 or later (developer.hashicorp.com/terraform/install) or OpenTofu 1.6 or later (opentofu.org).",
};

export interface Terraform {
  /** @throws one of errors.ts, {ToolFailedError} when it was stopped, {ToolNotFoundError}. */
  (
    args: readonly string[],
    options?: Pick<ExecOptions, "okExitCodes" | "stdoutFile" | "network">,
  ): Promise<ExecOutcome>;
  /** The program that was used; terraform or tofu. */
  binary(): Binary;
}

/** Interrupted, Terraform finishes the objects at hand and writes its state: it gets time for that before it is killed. */
const graceMs = 5 * 60_000;

/**
 * Terraform in one root module, quiet and never asking.
 * @param directory The root module, relative to the working directory.
 */
export function terraformIn(
  ctx: ToolContext,
  options: { binary?: Binary | undefined; directory: string; env?: Readonly<Record<string, string>> },
): Terraform {
  const env = {
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    CHECKPOINT_DISABLE: "1",
    // Outside the configuration, so that providers never travel with it.
    TF_DATA_DIR: join(ctx.workdir, "terraform-data"),
    ...options.env,
  };
  let binary = options.binary;
  const exec = (command: Binary, args: readonly string[], more: ExecOptions): Promise<ExecOutcome> =>
    ctx.exec(command, args, {
      network: "host",
      graceMs,
      timeoutMs: Math.max(1_000, ctx.deadline - ctx.now()),
      ...more,
      cwd: options.directory,
      env,
    });
  const run = async (args: readonly string[], more: ExecOptions = {}): Promise<ExecOutcome> => {
    try {
      const outcome = await exec(binary ?? "terraform", args, more);
      binary ??= "terraform";
      return outcome;
    } catch (error) {
      if (binary === undefined && error instanceof ToolNotFoundError) {
        binary = "tofu";
        return run(args, more);
      }
      throw classify(error, args[0] ?? "");
    }
  };
  return Object.assign(run, { binary: (): Binary => binary ?? "terraform" });
}

/** Downloads providers and modules and connects the state backend. `locked` refuses providers other than those planned with. */
export async function init(terraform: Terraform, options: { backend: boolean; locked?: boolean }): Promise<void> {
  await terraform([
    "init",
    "-input=false",
    "-no-color",
    ...(options.backend ? [] : ["-backend=false"]),
    ...(options.locked ? ["-lockfile=readonly"] : []),
  ]);
}
