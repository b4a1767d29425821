import { toolChecks, type ToolExample, type World } from "@gantry/sdk/conformance";
import { runTool, startStateServer, type TestContext } from "@gantry/sdk/testing";
import { expect, test } from "vitest";
import { apply, fetchConfiguration, plan, validate } from "../../../agents/terraform/src/tool.ts";
import { terraformBinary } from "../../support/terraform.ts";

const main = `
resource "terraform_data" "one" { input = "one" }
resource "terraform_data" "two" { input = terraform_data.one.output }
output "two" { value = terraform_data.two.output }
`;
const rest = { secretVariables: {}, credentials: {} };

const checks = [
  ...toolChecks(
    validate,
    worldAt(async (configuration) => ({ configuration, mustBeValid: true, mustBeFormatted: false })),
  ),
  ...toolChecks(
    plan,
    worldAt(async (configuration) => toPlan(configuration)),
  ),
  ...toolChecks(
    apply,
    worldAt(async (configuration, ctx) => {
      const planned = await runTool(plan, "run", toPlan(configuration), await ctx.next({ stepKey: "plan" }));
      return { plan: planned.plan, ...rest };
    }),
  ),
];

test.skipIf(terraformBinary === undefined).each(checks)("with terraform or tofu, $name", async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

type Configuration = Parameters<typeof validate.spec.run>[0]["configuration"];

function toPlan(configuration: Configuration): Parameters<typeof plan.spec.run>[0] {
  return { configuration, state: "network", variables: {}, destroy: false, ...rest };
}

/** A state backend of its own, and the input that a tool gets once what comes before it has run. */
function worldAt<Input>(
  inputOf: (configuration: Configuration, ctx: TestContext) => Promise<Input>,
): ToolExample<Input> {
  return {
    places: 3,
    async world(): Promise<World<Input>> {
      const states = await startStateServer();
      let input: Input | null = null;
      return {
        context: { stateBackend: states },
        get input() {
          return input as Input;
        },
        async prepare(ctx) {
          const source = { files: { "main.tf": main } };
          const { configuration } = await runTool(fetchConfiguration, "run", { source }, await ctx.next());
          input = await inputOf(configuration, ctx);
        },
        look: async () => resourcesOf(states.current("network")),
        [Symbol.asyncDispose]: () => states[Symbol.asyncDispose](),
      };
    },
  };
}

/** Addresses of what is there; ids are other ones each time. */
function resourcesOf(state: Record<string, unknown> | null): string[] {
  const resources = (state?.["resources"] ?? []) as { type: string; name: string }[];
  return resources.map(({ type, name }) => `${type}.${name}`).toSorted();
}
