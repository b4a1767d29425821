import { checkPlan, createPlanBuilder, defineTool, factsOf, type JsonObject, type Plan } from "@gantry/sdk";
import { agentChecks } from "@gantry/sdk/conformance";
import { createTestContext, runTool } from "@gantry/sdk/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { agent, review } from "./index.ts";

const anything = z.looseObject({});
const tool = (name: `t.${string}`, effect: "reads" | "changes" | "destroys", more: object = {}) =>
  defineTool({
    name,
    version: "1.0.0",
    title: name,
    effect,
    input: anything,
    output: anything,
    run: async () => ({}),
    ...more,
  });
const verify = async () => ({ probes: [{ name: "it", expected: "a", actual: "a", passed: true }] });
const tools = [
  tool("t.look", "reads", { verify }),
  tool("t.change", "changes", { verify, undo: async () => ({ summary: "", left: [] }) }),
  tool("t.drop", "destroys"),
];

function planOf(add: (builder: ReturnType<typeof createPlanBuilder>) => void): Plan {
  const builder = createPlanBuilder("dev");
  add(builder);
  const known = new Map(tools.map((one) => [one.name, { tool: one, facts: factsOf(one as never, "sha256:0") }]));
  const fixed = {
    format: 1,
    goal: "Change it",
    runbook: null,
    parameters: {},
    environment: "dev",
    tools: [],
    onFailure: "stop",
  };
  return checkPlan({ tools: known, runbooks: new Map() }, { ...fixed, steps: builder.steps });
}

const url = "https://shop.example.com/health";
const good = planOf((plan) => {
  const changed = plan.step("change", tools[1] as never, {});
  plan.step("look", tools[0] as never, { url }, { after: [changed] });
});

const parameters = { "reviewer.review": { plan: good as unknown as JsonObject } };

test.each(agentChecks(agent, { parameters }))("$name", async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

test("rules alone find what destroys, can't be undone, is unverified, or holds a credential, and which checks no step covers", async () => {
  await using ctx = await createTestContext();
  const input = { plan: good, checks: [`${url} answers 200`], model: false };
  expect(await runTool(review, "run", input, ctx)).toMatchObject({
    passed: true,
    findings: [],
    checks: [{ verdict: "covered", steps: ["look"] }],
    turns: 0,
  });
  const bad = planOf((plan) => void plan.step("drop", tools[2] as never, { password: "hunter2hunter2" }));
  const found = await runTool(review, "run", { ...input, plan: bad }, ctx);
  expect(found).toMatchObject({ passed: false, checks: [{ verdict: "not_covered" }] });
  expect(found.findings.map(({ kind }) => kind)).toEqual([
    "check_missing",
    "destroys",
    "cannot_be_undone",
    "unverified",
    "secret_in_plain",
  ]);
});

test("a model adds findings on steps that there are, judges what rules can't, and talks nothing away", async () => {
  await using ctx = await createTestContext({
    think: ({ goal }) => ({
      output: {
        findings: [
          { severity: "high", kind: "not_the_goal", step: "change", text: `${goal.includes("Change it")}` },
          { severity: "high", kind: "other", step: "made_up", text: "Nothing." },
        ],
        checks: [
          { number: 1, verdict: "covered", steps: ["look"] },
          { number: 2, verdict: "covered", steps: ["look"] },
          { number: 3, verdict: "covered", steps: ["made_up"] },
        ],
      },
    }),
  });
  const checks = ["https://other.example.com answers 200", "The shop is fast", "Customers are happy"];
  const found = await runTool(review, "run", { plan: good, checks, model: true }, ctx);
  expect(found.checks.map(({ verdict }) => verdict)).toEqual(["not_covered", "covered", "unclear"]);
  expect(found.findings).toMatchObject([
    { kind: "check_missing", by: "rules" },
    { kind: "not_the_goal", step: "change", text: "true", by: "model" },
  ]);
});
