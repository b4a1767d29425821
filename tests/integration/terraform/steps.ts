import { apply, fetchConfiguration, plan } from "@gantry/agent-terraform";
import { runTool, type TestContext } from "@gantry/sdk/testing";

export const noSecrets = { secretVariables: {}, credentials: {} };

interface More {
  destroy?: boolean;
  variables?: Record<string, string>;
  secretVariables?: Record<string, string>;
  credentials?: Record<string, string>;
}

/** Files to a Terraform plan, each step in an attempt of its own as on a worker. */
export async function planned(ctx: TestContext, files: Record<string, string>, more: More = {}) {
  const { configuration } = await runTool(fetchConfiguration, "run", { source: { files } }, await ctx.next());
  const input = { configuration, state: "network", variables: {}, destroy: false, ...noSecrets, ...more };
  return runTool(plan, "run", input, await ctx.next());
}

/** Files to something applied. */
export async function applied(ctx: TestContext, files: Record<string, string>, more: More = {}) {
  const made = await planned(ctx, files, more);
  const { secretVariables = {}, credentials = {} } = more;
  const input = { plan: made.plan, secretVariables, credentials };
  return { input, output: await runTool(apply, "run", input, await ctx.next()) };
}
