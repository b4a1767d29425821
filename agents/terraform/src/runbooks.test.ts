import { createPlanBuilder } from "@gantry/sdk";
import { expect, test } from "vitest";
import { agent, applyRunbook, destroyRunbook } from "./index.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

test("the runbook drafts everything before the one step that changes, and hands the very plan to it", () => {
  const parameters = applyRunbook.spec.parameters.parse({
    source: { git: { repository: "https://git.example.org/infra.git", commit, path: "network" } },
    state: "network",
    secretVariables: { password: "db-password" },
    credentials: { AWS_ACCESS_KEY_ID: "aws-key" },
  });
  const plan = createPlanBuilder("staging");
  applyRunbook.spec.plan(plan, parameters);
  expect(plan.steps.map((step) => [step.id, step.kind === "tool" && step.tool])).toEqual([
    ["fetch", "terraform.fetch"],
    ["validate", "terraform.validate"],
    ["plan", "terraform.plan"],
    ["apply", "terraform.apply"],
  ]);
  expect(plan.steps[3]).toMatchObject({
    when: "steps.plan.output.changed",
    input: {
      plan: { $ref: ["plan", "plan"] },
      secretVariables: { password: { $secret: "db-password" } },
      credentials: { AWS_ACCESS_KEY_ID: { $secret: "aws-key" } },
    },
  });
  expect(plan.steps[2]).toMatchObject({ after: ["validate"], input: { destroy: false, state: "network" } });
});

test("destroying is the same way with a Terraform plan for destroying", () => {
  const plan = createPlanBuilder("staging");
  destroyRunbook.spec.plan(
    plan,
    destroyRunbook.spec.parameters.parse({ source: { files: { "main.tf": "" } }, state: "network" }),
  );
  expect(plan.steps[2]).toMatchObject({ tool: "terraform.plan", input: { destroy: true } });
});

test("runs on one state of one environment wait for each other, whatever they do", () => {
  const parameters = { source: { files: {} }, state: "network" } as never;
  const keys = [applyRunbook, destroyRunbook].map(({ spec }) => spec.concurrencyKey?.(parameters, "staging", String));
  expect(keys).toEqual(["terraform/staging/network", "terraform/staging/network"]);
});

test("a branch, an unknown protocol, a variable that changes what runs, and a reserved state name are refused", () => {
  const parse = (more: object) =>
    applyRunbook.spec.parameters.safeParse({ source: { files: { "main.tf": "" } }, state: "network", ...more }).success;
  expect(parse({})).toBe(true);
  expect(parse({ source: { git: { repository: "https://git.example.org/x", commit: "main" } } })).toBe(false);
  expect(parse({ source: { git: { repository: "ext::sh -c id", commit } } })).toBe(false);
  for (const name of ["PATH", "LD_PRELOAD", "TF_CLI_ARGS", "TF_HTTP_ADDRESS", "HOME"])
    expect(parse({ credentials: { [name]: "secret" } })).toBe(false);
  expect(parse({ state: "network--configuration" })).toBe(false);
});

test("only the apply may change anything, and what a model may call by itself only drafts", () => {
  expect(agent.spec.tools.map(({ name, effect }) => [name, effect])).toEqual([
    ["terraform.fetch", "drafts"],
    ["terraform.validate", "drafts"],
    ["terraform.write", "drafts"],
    ["terraform.plan", "drafts"],
    ["terraform.apply", "destroys"],
  ]);
});
