import { afterAll, beforeAll, expect, test } from "vitest";
import type { CreateTrigger, ScheduleSource } from "@gantry/sdk/api";
import { startTestApi, type TestApi } from "../../support/api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
});

afterAll(() => api[Symbol.asyncDispose]());

const schedule = (
  name: string,
  source: Partial<ScheduleSource> = {},
  rest: Partial<CreateTrigger> = {},
): CreateTrigger => ({
  name,
  environment: "dev",
  runbook: "test.look",
  parameters: { at: "the gate" },
  ...rest,
  source: { kind: "schedule", cron: "30 6 * * *", timeZone: "Europe/Berlin", ...source },
});

test("a schedule starts a normal run at its time, which says what triggered it, and its history names the run", async () => {
  const trigger = await api.client.triggers.create(schedule("morning"));
  expect(new Date(trigger.dueAt ?? 0).toLocaleTimeString("de", { timeZone: "Europe/Berlin" })).toBe("06:30:00");
  await api.handleDue(trigger.dueAt ?? 0);
  const { items } = await api.client.triggers.history(trigger.id);
  expect(items).toMatchObject([{ outcome: "fired", at: trigger.dueAt, reason: null }]);
  const run = items[0]?.run ?? "";
  await api.engine.reaches(run, "succeeded");
  const triggeredBy = { trigger: trigger.id, name: "morning", occurrence: items[0]?.id };
  expect(await api.client.runs.get(run)).toMatchObject({
    triggeredBy,
    requester: { name: "administrator" },
    runbook: "test.look",
  });
  const { events } = await api.client.runs.events(run);
  expect(events[0]?.data).toMatchObject({ triggeredBy });
});
