import { expect, test } from "vitest";
import { platformActor, type RunEvent } from "@gantry/sdk";
import { createEventFilter } from "./event-filter.ts";
import { summaryOf } from "./event-summary.ts";

const event = (seq: number, type: string, data: object): RunEvent =>
  ({ seq, type, at: 0, actor: platformActor, data }) as unknown as RunEvent;

test("events are found by what is seen of them, also those that come later", () => {
  const events = [event(1, "run.created", { goal: "Deploy" }), event(2, "step.failed", { step: "build" })];
  const filter = createEventFilter(events, "BUILD");
  expect(filter.advance(() => false)).toBe(true);
  expect(filter.places).toEqual([1]);
  for (let seq = 3; seq <= 1_000; seq += 1) events.push(event(seq, "attempt.started", { step: "build" }));
  let parts = 1;
  while (!filter.advance(() => true)) parts += 1;
  expect([filter.places.length, parts]).toEqual([999, 5]);
});

test("the summary says what it was about", () => {
  const data = { attemptId: "a1", step: "build", operation: "run", error: { code: "tool_failed", message: "exit 1" } };
  expect(summaryOf(event(1, "attempt.failed", data))).toBe("build: run · exit 1");
  expect(summaryOf(event(2, "run.resumed", {}))).toBe("");
});
