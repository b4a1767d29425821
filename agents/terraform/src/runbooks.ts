import { cel, defineRunbook, secret, type PlanBuilder } from "@gantry/sdk";
import { z } from "zod";
import { Binary, CredentialName, Source, StateName, Variables } from "./schemas.ts";
import { apply, fetchConfiguration, plan as makePlan, validate, write } from "./tool.ts";

const SecretName = z.string().min(1).max(200).meta({ format: "secret" });

const parameters = z.object({
  source: Source.describe("The configuration: files by name, or a git repository, commit and folder."),
  state: StateName.describe("Which state it is applied to; one per environment."),
  variables: Variables.default({}).describe("Values of the configuration's variables."),
  secretVariables: z
    .record(z.string(), SecretName)
    .default({})
    .describe("Variables that are secret, by the secret's name."),
  credentials: z
    .record(CredentialName, SecretName)
    .default({})
    .describe("Environment variables for the providers, such as AWS_ACCESS_KEY_ID, by the secret's name."),
  binary: Binary.optional().describe("terraform or tofu; by default the first that is installed."),
});
type Parameters = z.infer<typeof parameters>;

const oneAtATime = ({ state }: Parameters, environment: string): string => `terraform/${environment}/${state}`;

export const applyRunbook = defineRunbook({
  name: "terraform.apply",
  version: "1.0.0",
  title: "Change infrastructure with Terraform",
  description:
    "Checks the configuration, makes a Terraform plan, and once approved applies that very plan and verifies it.",
  intents: ["apply terraform", "change infrastructure", "provision infrastructure", "deploy terraform configuration"],
  parameters,
  concurrencyKey: oneAtATime,
  plan: (plan, given) => planAndApply(plan, given, false),
});

export const destroyRunbook = defineRunbook({
  name: "terraform.destroy",
  version: "1.0.0",
  title: "Destroy infrastructure with Terraform",
  description: "Makes a Terraform plan that destroys everything in a state, and once approved applies it.",
  intents: ["destroy terraform", "tear down infrastructure", "remove infrastructure"],
  parameters,
  concurrencyKey: oneAtATime,
  plan: (plan, given) => planAndApply(plan, given, true),
});

export const writeRunbook = defineRunbook({
  name: "terraform.write",
  version: "1.0.0",
  title: "Write a Terraform configuration with a model",
  description:
    "A model writes the configuration, and again until Terraform and the built-in rules find nothing wrong with it. With a state it is planned too. It changes nothing.",
  intents: ["have terraform code written", "write a terraform configuration"],
  parameters: z.object({
    wish: z.string().trim().min(1).max(10_000).describe("What the configuration shall do"),
    source: Source.optional().describe("What it starts from"),
    providers: z.array(z.string()).default([]).describe("Providers besides those of hashicorp"),
    state: StateName.optional().describe("Make a Terraform plan for this state too"),
    binary: Binary.optional().describe("terraform or tofu; by default the first that is installed."),
  }),
  plan(plan, { wish, source, providers, state, binary }) {
    const own = binary === undefined ? {} : { binary };
    const given = source === undefined ? {} : { source };
    const made = plan.step("write", write, { wish, providers, ...given, ...own }, { title: "Write the configuration" });
    if (state === undefined) return;
    const { configuration } = made.output;
    const nothing = { variables: {}, secretVariables: {}, credentials: {}, destroy: false };
    plan.step("plan", makePlan, { configuration, state, ...nothing, ...own }, { title: "Make the Terraform plan" });
  },
});

/** Everything up to the Terraform plan only drafts; the apply waits for approval, and is left out when nothing changes. */
function planAndApply(plan: PlanBuilder, given: Parameters, destroy: boolean): void {
  const secrets = { secretVariables: toRefs(given.secretVariables), credentials: toRefs(given.credentials) };
  const binary = given.binary === undefined ? {} : { binary: given.binary };
  const fetched = plan.step("fetch", fetchConfiguration, { source: given.source }, { title: "Get the configuration" });
  const { configuration } = fetched.output;
  const checked = plan.step(
    "validate",
    validate,
    { configuration, mustBeValid: true, mustBeFormatted: false, ...binary },
    { title: "Check the configuration" },
  );
  const planned = plan.step(
    "plan",
    makePlan,
    { configuration, state: given.state, variables: given.variables, destroy, ...binary, ...secrets },
    { title: destroy ? "Plan the destruction" : "Make the Terraform plan", after: [checked] },
  );
  plan.step(
    "apply",
    apply,
    { plan: planned.output.plan, ...secrets },
    {
      title: destroy ? "Destroy" : "Apply the Terraform plan",
      when: cel`${planned.output.changed}`,
    },
  );
}

function toRefs(names: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(names).map(([name, secretName]) => [name, secret(secretName)]));
}
