import { defineRunbook, defineTool, type Effect, type JsonObject } from "@gantry/sdk";
import { expect, test } from "vitest";
import { z } from "zod";
import { createEffectOf } from "./effect.ts";

const tool = (name: `test.${string}`, effect: Effect) =>
  defineTool({ name, version: "1.0.0", title: name, effect, input: z.any(), output: z.any(), run: async () => null });
const tools = [tool("test.look", "reads"), tool("test.change", "changes"), tool("test.wipe", "destroys")] as const;
const [look, change, wipe] = tools;
const parameters = z.object({ name: z.string(), wipe: z.boolean().default(false) });
const runbook = (name: `test.${string}`, plan: Parameters<typeof defineRunbook<typeof parameters>>[0]["plan"]) =>
  defineRunbook({ name, version: "1.0.0", title: name, parameters, plan });

const runbooks = [
  runbook("test.a", (plan) => void plan.step("a", look, {})),
  runbook("test.b", (plan, given) => void plan.step("b", given.wipe ? wipe : change, { name: given.name })),
  runbook("test.c", (plan) => void plan.subRun("c", "test.b", { wipe: true })),
  runbook("test.d", () => {
    throw new Error("not without a name");
  }),
];
const effectOf = createEffectOf({
  runbooks: new Map(runbooks.map((one) => [one.name, one])),
  tools: new Map(tools.map((one) => [one.name, one])),
  schemaOf: () => z.toJSONSchema(parameters, { io: "input" }) as JsonObject,
});

test("a runbook may do what the tools of its plan may, with these parameters", () => {
  expect(effectOf("test.a", {})).toBe("reads");
  expect(effectOf("test.b", {})).toBe("changes");
  expect(effectOf("test.b", { wipe: true })).toBe("destroys");
});

test("what can't be found out counts as destroying", () => {
  expect(effectOf("test.c", {})).toBe("changes");
  expect(effectOf("test.d", {})).toBe("destroys");
  expect(effectOf("test.unknown", {})).toBe("destroys");
});
