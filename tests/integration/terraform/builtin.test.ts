import { apply, fetchConfiguration, plan, validate } from "@gantry/agent-terraform";
import { runTool, type TestContext } from "@gantry/sdk/testing";
import { describe, expect, test } from "vitest";
import { setStage, terraformBinary } from "../../support/terraform.ts";

const first = `resource "terraform_data" "first" {\n  input = "one"\n}\n`;
const second = `resource "terraform_data" "second" {\n  input = "two"\n}\n`;
const none = { secretVariables: {}, credentials: {} };

async function fetched(ctx: TestContext, files: Record<string, string>) {
  return (await runTool(fetchConfiguration, "run", { source: { files } }, ctx)).configuration;
}

async function planned(
  ctx: TestContext,
  files: Record<string, string>,
  more: { destroy?: boolean; variables?: Record<string, string> } = {},
) {
  const configuration = await fetched(await ctx.next(), files);
  const input = { configuration, state: "network", variables: {}, destroy: false, ...none, ...more };
  return runTool(plan, "run", input, await ctx.next());
}

async function applied(ctx: TestContext, files: Record<string, string>) {
  const made = await planned(ctx, files);
  const input = { plan: made.plan, ...none };
  return { input, output: await runTool(apply, "run", input, await ctx.next()) };
}

describe.skipIf(terraformBinary === undefined)("Terraform with built-in resources", () => {
  test("a configuration is planned, previewed, applied and verified, and the plan file that was shown is applied", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    const made = await planned(ctx, { "main.tf": first + second });
    expect(made).toMatchObject({
      changed: true,
      counts: { add: 2, change: 0, destroy: 0 },
      effect: "changes",
      touches: ["terraform_data.first", "terraform_data.second"],
      plan: { prior: null, destroy: false },
    });
    expect(made.diff).toContain(
      '+ terraform_data.first will be created\n    + id = (known after apply)\n    + input = "one"',
    );

    const input = { plan: made.plan, ...none };
    const preview = await runTool(apply, "preview", input, await ctx.next());
    expect(preview).toMatchObject({ effect: "changes", counts: made.counts, touches: made.touches, diff: made.diff });
    expect(preview.undo).toEqual({
      possible: true,
      how: "Everything that was created is destroyed; the state was empty before.",
      limits: [],
    });
    expect(states.versions("network")).toEqual([]);

    const output = await runTool(apply, "run", input, await ctx.next());
    expect(output).toMatchObject({ counts: { add: 2, change: 0, destroy: 0 }, before: null, after: { resources: 2 } });
    const verification = await runTool(apply, "verify", input, await ctx.next(), output);
    expect(verification.probes.map(({ passed }) => passed)).toEqual([true, true]);
    expect(states.lock("network")).toBeNull();
  });
});
