import { fileURLToPath } from "node:url";
import { createPlanBuilder, makePlan, type Json, type Plan, type Runbook } from "@gantry/sdk";
import { simulate, testRunbook } from "@gantry/sdk/testing";
import { afterAll, expect, test } from "vitest";
import { agent as assistant } from "../../../agents/assistant/src/index.ts";
import { agent as check } from "../../../agents/check/src/index.ts";
import { agent as deployment } from "../../../agents/deployment/src/index.ts";
import { runRunbook } from "../../../agents/deployment/src/testing/run-runbook.ts";
import { createStage } from "../../../agents/deployment/src/testing/stage.ts";
import { agent as terraform } from "../../../agents/terraform/src/index.ts";
import { createCatalog, readRunbookFolder } from "../../../platform/src/catalog/index.ts";
import { setStage, terraformBinary } from "../../support/terraform.ts";

const folder = fileURLToPath(new URL("../../../examples/runbooks", import.meta.url));
const catalog = await createCatalog([assistant, check, deployment, terraform], await readRunbookFolder(folder));
const fromFiles = [...catalog.runbooks.values()].flatMap(({ file }) => file ?? []);
const stages: AsyncDisposable[] = [];
afterAll(async () => {
  for (const stage of stages) await stage[Symbol.asyncDispose]();
});

function runbook(name: string): Runbook {
  const found = catalog.runbooks.get(name)?.runbook;
  if (!found) throw new Error(`There is no runbook ${name}.`);
  return found;
}

test("the examples are loaded beside the agents' own runbooks, without an error", () => {
  expect(fromFiles.map(({ name }) => name).toSorted()).toEqual([
    "agents.debate",
    "agents.review",
    "backup.drill",
    "infra.check",
    "infra.everywhere",
    "release.whole",
    "service.maintenance",
    "service.ship",
  ]);
});

test.each(fromFiles)("the cases of $file hold", async ({ runbook: one, tests }) => {
  expect(tests.length).toBeGreaterThan(1);
  const results = await testRunbook(one as Runbook, tests, {
    runbooks: fromFiles.flatMap((file) => file.runbook ?? []),
  });
  expect(results.filter(({ failures }) => failures.length > 0)).toEqual([]);
});

test("service.ship and service.maintenance do what they say, with the real tools", async () => {
  const stage = await createStage();
  stages.push(stage);
  const { port, repository, service } = stage;
  repository.commit({ version: "1" });
  const given = { service, repository: repository.path, ref: "main", port };
  const shipped = await runRunbook(runbook("service.ship"), given, stage.ctx);
  expect(shipped.error).toBeNull();
  expect((await stage.get("/version")).body["version"]).toBe("1");

  const builder = createPlanBuilder(stage.ctx.environment);
  runbook("service.maintenance").spec.plan(builder, { service });
  expect(builder.steps.map(({ kind }) => kind)).toEqual(["tool", "wait", "tool"]);
});

test.skipIf(terraformBinary === undefined)("infra.check makes a real Terraform plan and changes nothing", async () => {
  const stage = await setStage();
  stages.push(stage);
  const plan: Plan = makePlan(catalog, {
    runbook: "infra.check",
    parameters: { repository: "https://git.example.com/infra.git", commit: "0".repeat(40), state: "network" },
    environment: "dev",
  });
  const source: Json = { files: { "main.tf": 'resource "terraform_data" "first" {\n  input = "one"\n}\n' } };
  const steps = plan.steps.map((step) =>
    step.kind === "tool" && step.id === "fetch" ? { ...step, input: { source } } : step,
  );
  await using run = await simulate(
    { ...plan, steps },
    { tools: terraform.spec.tools, context: { stateBackend: stage.states } },
  );
  expect(await run.end()).toMatchObject({ status: "succeeded" });
  expect(run.state.steps.get("plan")?.output).toMatchObject({ changed: true, counts: { add: 1 } });
  expect(stage.states.versions("network")).toEqual([]);
});
