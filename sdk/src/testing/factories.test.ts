import { expect, test } from "vitest";
import { z } from "zod";
import { ChangeSet } from "../change-set.ts";
import { AnyRunEvent, eventData, eventTypes } from "../events.ts";
import { Plan } from "../plan.ts";
import { defineTool, Preview, Verification } from "../tool.ts";
import { createChangeSet, createEvent, createPlan, createPreview, createVerification } from "./index.ts";

const tool = defineTool({
  name: "test.change",
  version: "1.0.0",
  title: "Change",
  effect: "changes",
  input: z.object({}),
  output: z.object({}),
  run: async () => ({}),
});

test.each(eventTypes)("a made %s is what its schema reads, with no field left out or made up", (type) => {
  const event = createEvent(type);
  expect(AnyRunEvent.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
  expect(z.strictObject(eventData[type].shape).parse(event.data)).toEqual(event.data);
});

test("made plans, previews, verifications and change sets are what their schemas read", () => {
  const plan = createPlan((steps) => void steps.step("change", tool, {}), { environment: "prod", goal: "Ship" });
  expect(Plan.parse(plan)).toEqual(plan);
  expect(plan).toMatchObject({ environment: "prod", goal: "Ship", steps: [{ id: "change", tool: "test.change" }] });
  for (const [schema, made] of [
    [Preview, createPreview({ effect: "destroys" })],
    [Verification, createVerification({ passed: false })],
    [ChangeSet, createChangeSet({ environment: "prod" })],
  ] as const)
    expect(schema.parse(made)).toEqual(made);
});

test("what is given takes the place of the example, and what its schema refuses is refused", () => {
  const event = createEvent("run.finished", { seq: 7, data: { status: "denied" } });
  expect(event).toMatchObject({ seq: 7, data: { status: "denied", error: null } });
  expect(() => createEvent("run.finished", { data: { status: "lost" as never } })).toThrow(/status/);
});
