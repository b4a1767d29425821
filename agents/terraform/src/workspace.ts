import type { ToolContext } from "@gantry/sdk";
import { createHash } from "node:crypto";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { init, terraformIn, type Terraform } from "./command.ts";
import { PlanReplacedError, configurationInvalid } from "./errors.ts";
import { parsePlan, type TerraformPlan } from "./parse.ts";
import type { Binary, Configuration, Credentials, SavedPlan, SecretVariables, Variables } from "./schemas.ts";
import { openState, type StateBackend } from "./state.ts";

export interface Secrets {
  secretVariables: z.infer<typeof SecretVariables>;
  credentials: z.infer<typeof Credentials>;
}

export interface ApplyInput extends Secrets {
  plan: SavedPlan;
}

/** A root module in the working directory, connected to its state, its providers installed. */
export interface Workspace {
  terraform: Terraform;
  state: StateBackend;
  /** The root module, absolute. */
  directory: string;
}

export const planFile = "gantry.tfplan";
const variablesFile = "gantry.tfvars.json";

/** Both travel in the bundle: whoever applies it has the same backend and the same variables. */
const backendOverride = 'terraform {\n  backend "http" {}\n}\n';

/**
 * Lays a configuration out and connects it. The backend's address and password come by the environment, so neither a file
 * nor the plan holds them.
 */
export async function openConfiguration(
  ctx: ToolContext,
  options: {
    configuration: Configuration;
    state: string;
    binary?: Binary | undefined;
    /** Left as they are in the bundle when not given. */
    variables?: z.infer<typeof Variables>;
    secrets: Secrets;
    /** Folder in the working directory. */
    folder: string;
  },
): Promise<Workspace> {
  const { configuration, folder, variables } = options;
  await ctx.files.restore(configuration.files, folder);
  const directory = join(ctx.workdir, folder, configuration.path);
  await writeFile(join(directory, "gantry_backend_override.tf"), backendOverride);
  if (variables !== undefined) await writeFile(join(directory, variablesFile), JSON.stringify(variables));
  return connect(ctx, { ...options, relative: join(folder, configuration.path), directory, locked: false });
}

/**
 * Lays out the bundle of a Terraform plan, with the very providers that it was made with.
 * @throws {PlanReplacedError} when the plan file isn't the one that the digest names.
 */
export async function openSavedPlan(
  ctx: ToolContext,
  options: { plan: SavedPlan; secrets: Secrets; folder: string },
): Promise<Workspace> {
  const { plan, folder, secrets } = options;
  const directory = join(ctx.workdir, folder, plan.path);
  await ctx.files.restore(plan.files, folder);
  const found = createHash("sha256")
    .update(await readFile(join(directory, planFile)))
    .digest("hex");
  if (plan.digest !== `sha256:${found}`)
    throw new PlanReplacedError(
      `The plan file in the bundle isn't the one that was shown (expected ${plan.digest}, found sha256:${found}). Plan again.`,
      [],
    );
  const { state, binary } = plan;
  return connect(ctx, { state, binary, secrets, relative: join(folder, plan.path), directory, locked: true });
}

async function connect(
  ctx: ToolContext,
  options: {
    state: string;
    binary?: Binary | undefined;
    secrets: Secrets;
    relative: string;
    directory: string;
    locked: boolean;
  },
): Promise<Workspace> {
  const { directory } = options;
  const state = await openState(ctx, options.state);
  const dataDirectory = join(ctx.workdir, `terraform-data-${options.relative.split("/", 1)[0] ?? ""}`);
  const env = { ...state.env, ...secretEnvironment(options.secrets), TF_DATA_DIR: dataDirectory };
  const terraform = terraformIn(ctx, { binary: options.binary, directory: options.relative, env });
  await init(terraform, { backend: true, locked: options.locked });
  await requireOwnBackend(dataDirectory);
  return { terraform, state, directory };
}

function secretEnvironment({ secretVariables, credentials }: Secrets): Record<string, string> {
  const variables = Object.entries(secretVariables).map(([name, value]) => [`TF_VAR_${name}`, value]);
  return { ...credentials, ...(Object.fromEntries(variables) as Record<string, string>) };
}

/** Another override file in the configuration could point the state elsewhere, out of sight of locks and versions. */
async function requireOwnBackend(dataDirectory: string): Promise<void> {
  const connected = JSON.parse(await readFile(join(dataDirectory, "terraform.tfstate"), "utf8")) as {
    backend?: { type?: string };
  };
  if (connected.backend?.type === "http") return;
  throw configurationInvalid([
    {
      severity: "error",
      summary: "The configuration overrides the state backend",
      detail: "An override file declares a backend or cloud block of its own; remove that block.",
    },
  ]);
}

/** Arguments for `plan` in a configuration that was opened here. */
export async function variableArgs(workspace: Workspace): Promise<string[]> {
  return (await exists(join(workspace.directory, variablesFile))) ? [`-var-file=${variablesFile}`] : [];
}

/** Reads a plan file. What it says may be sensitive, so it goes through a file and never through a log. */
export async function showPlan(
  ctx: ToolContext,
  workspace: Workspace,
  file: string = planFile,
): Promise<TerraformPlan> {
  const shown = `shown-${file}.json`;
  await workspace.terraform(["show", "-json", "-no-color", file], { stdoutFile: shown });
  return parsePlan(await readFile(join(ctx.workdir, shown), "utf8"));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
