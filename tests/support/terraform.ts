import { createTestContext, startStateServer, type StateServer, type TestContext } from "@gantry/sdk/testing";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { existsSync } from "node:fs";
import { isInstalled } from "./installed.ts";

/** The program that the tests drive: terraform, or tofu; undefined where neither is installed. */
export const terraformBinary = ["terraform", "tofu"].find(isInstalled);

export interface Stage extends AsyncDisposable {
  ctx: TestContext;
  states: StateServer;
}

/** A test context with a state backend of its own. */
export async function setStage(options: Parameters<typeof createTestContext>[0] = {}): Promise<Stage> {
  const states = await startStateServer();
  const ctx = await createTestContext({ runId: "run-1", stepKey: "apply", stateBackend: states, ...options });
  return {
    ctx,
    states,
    async [Symbol.asyncDispose]() {
      ctx.crash();
      await ctx[Symbol.asyncDispose]();
      await states[Symbol.asyncDispose]();
    },
  };
}

/**
 * A folder that holds the AWS provider for this machine, as a filesystem mirror or a plugin cache is laid out: looked for in
 * the usual places and near the root. Undefined where there is none.
 */
export async function findAwsProvider(): Promise<string | undefined> {
  const { HOME, TF_PLUGIN_CACHE_DIR } = process.env;
  const usual = [
    TF_PLUGIN_CACHE_DIR,
    HOME && join(HOME, ".terraform.d/plugins"),
    HOME && join(HOME, ".terraform.d/plugin-cache"),
  ];
  const near = (await Promise.all(["/opt", "/usr/share", "/usr/local/share", "/srv"].map(foldersIn))).flat();
  return [...usual, "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", ...near].find(
    (folder) =>
      folder !== undefined && folder !== "" && existsSync(join(folder, "registry.terraform.io/hashicorp/aws")),
  );
}

/** Terraform's configuration for a machine that gets its providers from a folder and from nowhere else. */
export async function useMirror(folder: string): Promise<AsyncDisposable & { env: Record<string, string> }> {
  const directory = await mkdtemp(join(tmpdir(), "gantry-mirror-"));
  const file = join(directory, "terraform.rc");
  await writeFile(
    file,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(folder)}\n  }\n}\n`,
  );
  return {
    env: { TF_CLI_CONFIG_FILE: file },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
