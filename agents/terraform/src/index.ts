/**
 * The Terraform agent: changes infrastructure with Terraform or OpenTofu, plan first. Imports only the SDK; the platform
 * loads it like any third party's agent.
 */
import { defineAgent } from "@gantry/sdk";
import { applyRunbook, destroyRunbook, writeRunbook } from "./runbooks.ts";
import { apply, fetchConfiguration, plan, validate, write } from "./tool.ts";

export const agent = defineAgent({
  name: "terraform",
  version: "1.0.0",
  title: "Terraform",
  instructions: [
    "You change infrastructure with Terraform or OpenTofu.",
    "Get the configuration, validate it, and make a Terraform plan; you may do this yourself, it changes nothing.",
    "Explain the plan: what is created, changed, replaced and destroyed, and why.",
    "Applying is proposed as a plan and waits for approval; only the plan file that was shown is ever applied.",
    "Never put secrets in a configuration or a variable: name SecretRefs.",
    "When you write a configuration: variables with types and descriptions, secrets as sensitive variables, providers pinned with required_providers, no provisioners, no external programs.",
  ].join("\n"),
  tools: [fetchConfiguration, validate, write, plan, apply],
  mind: { task: "write", tools: [] },
  runbooks: [applyRunbook, destroyRunbook, writeRunbook],
  packageUrl: new URL("..", import.meta.url).href,
});

export { apply, fetchConfiguration, plan, validate, write } from "./tool.ts";
export { applyRunbook, destroyRunbook } from "./runbooks.ts";
