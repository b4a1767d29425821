import { createPlanBuilder } from "@gantry/sdk";
import type { Runbook, ToolStep } from "@gantry/sdk";
import { expect, test } from "vitest";
import { z } from "zod";
import { agent } from "./index.ts";
import { deployService } from "./runbooks.ts";

const minimal = { service: "web", repository: "https://git.example.com/web.git", port: 8080 };

test("the way back of every step that changes something leads to the old version: it is stopped last", () => {
  const steps = plan(deployService, minimal);
  expect(steps.map(({ id }) => id)).toEqual(["fetch", "build", "start", "probe", "switch", "verify", "retire"]);
  expect(Object.fromEntries(steps.map(({ id, after }) => [id, after]))).toMatchObject({
    probe: ["start"],
    switch: ["probe"],
    verify: ["switch"],
    retire: ["verify"],
  });
  expect(deployService.spec.onFailure).toBe("undo");
});

test("the plan holds the names of secrets, never their values", () => {
  const steps = plan(deployService, { ...minimal, secrets: { DB_PASSWORD: "database" } });
  expect(steps.find(({ id }) => id === "start")?.input).toMatchObject({
    secrets: { DB_PASSWORD: { $secret: "database" } },
  });
});

test("the same parameters give the same plan", () => {
  expect(plan(deployService, minimal)).toEqual(plan(deployService, minimal));
});

test.each([
  [{ service: "../etc" }, "service"],
  [{ service: "Web" }, "service"],
  [{ ref: "--upload-pack=id" }, "ref"],
  [{ repository: "ext::sh -c id" }, "repository"],
  [{ port: 0 }, "port"],
  [{ start: [] }, "start"],
  [{ start: ["--inspect"] }, "start"],
  [{ env: { PORT: "1" } }, "env"],
  [{ env: { "A=B": "1" } }, "env"],
  [{ address: "example.com" }, "address"],
])("the parameters %j are refused where they are wrong", (wrong, where) => {
  const parsed = deployService.spec.parameters.safeParse({ ...minimal, ...wrong });
  expect(parsed.error?.issues.map(({ path }) => path[0])).toContain(where);
});

test("the parameters of every runbook have a JSON Schema with a description each", () => {
  for (const runbook of agent.spec.runbooks) {
    const schema = z.toJSONSchema(runbook.spec.parameters, { io: "input" });
    for (const property of Object.values(schema.properties ?? {}))
      expect(property).toMatchObject({ description: expect.any(String) });
  }
});

test("two deployments of a service wait for each other, those of another environment don't", () => {
  const keyIn = (environment: string): string | undefined =>
    deployService.spec.concurrencyKey?.(deployService.spec.parameters.parse(minimal), environment, String);
  expect(keyIn("staging")).not.toBe(keyIn("prod"));
});

function plan(runbook: Runbook, parameters: Record<string, unknown>): ToolStep[] {
  const builder = createPlanBuilder("staging");
  runbook.spec.plan(builder, runbook.spec.parameters.parse(parameters));
  return builder.steps as ToolStep[];
}
