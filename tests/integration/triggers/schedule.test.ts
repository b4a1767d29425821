import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CreateTrigger, ScheduleSource } from "@gantry/sdk/api";
import { startTestApi, type TestApi } from "../../support/api.ts";

const program = fileURLToPath(new URL("../../support/trigger-process.ts", import.meta.url));

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

test("two processes and five restarts around a minute boundary, with clocks that differ, fire a schedule once", async () => {
  const trigger = await api.client.triggers.create(schedule("boundary", { cron: "0 * * * *", timeZone: "UTC" }));
  const boundary = Date.parse(trigger.dueAt ?? "");
  const { rows } = await api.engine.admin.query("SELECT clock_timestamp() AS at");
  const plan = api.engine.plan([{ id: "look", tool: "test.look" }], { environment: "dev" });
  // By their clocks the boundary is a moment away, and the next one an hour off: however slow this machine is.
  const clock = (late: number) => boundary - (rows[0].at as Date).getTime() - 1_500 - late;
  const processes = new Set<ChildProcess>();
  const start = async (late: number): Promise<ChildProcess> => {
    const options = { databaseUrl: api.engine.database.engineUrl, plan, aheadMs: clock(late) };
    const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit"] });
    processes.add(child);
    await once(child.stdout, "data");
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  try {
    let [first, second] = await Promise.all([start(0), start(300)]);
    const fired = async () => (await api.client.triggers.history(trigger.id)).items.length > 0;
    for (let restarts = 0; restarts < 5; restarts += 1) {
      // The third is in the very moment of the boundary: as soon as one of them has fired.
      if (restarts === 2) await api.engine.until(fired);
      await end(first);
      [first, second] = [second, await start(restarts * 200)];
    }
    await api.engine.until(fired);
    // A second look by each, long past the boundary and still before the next.
    await api.handleDue(boundary + 20_000);
    await api.handleDue(boundary - 20_000);
  } finally {
    for (const child of processes) child.kill("SIGKILL");
  }
  const { items } = await api.client.triggers.history(trigger.id);
  expect(items.map(({ outcome, at }) => [outcome, at])).toEqual([["fired", trigger.dueAt]]);
  const runs = await api.engine.admin.query("SELECT FROM runs WHERE trigger_id = $1", [trigger.id]);
  expect(runs.rowCount).toBe(1);
});

test("a time fires once although the trigger's memory went back, and nothing fires early when the clock does", async () => {
  const trigger = await api.client.triggers.create(schedule("again"));
  const due = Date.parse(trigger.dueAt ?? "");
  const { memory } = (await api.engine.admin.query("SELECT memory FROM triggers WHERE id = $1", [trigger.id]))
    .rows[0] as {
    memory: object;
  };
  await api.handleDue(due - 1);
  expect((await api.client.triggers.history(trigger.id)).items).toEqual([]);
  await Promise.all([api.handleDue(due), api.handleDue(due), api.handleDue(due + 5)]);
  await api.engine.admin.query("UPDATE triggers SET memory = $2, due_at = $3 WHERE id = $1", [
    trigger.id,
    memory,
    trigger.dueAt,
  ]);
  await api.handleDue(due + 10);
  await api.handleDue(due - 86_400_000);
  expect((await api.client.triggers.history(trigger.id)).items).toHaveLength(1);
});

test("times that passed while nobody was there are made up for as the policy says, and the others are counted", async () => {
  const source = { cron: "*/10 * * * *", missed: "all" as const, missedLimit: 2 };
  const trigger = await api.client.triggers.create(schedule("behind", source));
  await api.handleDue(Date.parse(trigger.dueAt ?? "") + 35 * 60_000);
  const { items } = await api.client.triggers.history(trigger.id);
  expect(items.map(({ outcome, count }) => `${outcome} ${count}`).toSorted()).toEqual([
    "fired 1",
    "fired 1",
    "missed 2",
  ]);
});

test("a paused trigger notes its times and starts nothing; resumed, it goes on from then", async () => {
  const trigger = await api.client.triggers.create(schedule("paused"));
  await api.client.triggers.pause(trigger.id, "painting");
  const due = Date.parse(trigger.dueAt ?? "");
  await api.handleDue(due);
  await api.client.triggers.resume(trigger.id);
  const next = await api.client.triggers.get(trigger.id);
  expect(next.latest).toMatchObject({ outcome: "paused", reason: "painting", run: null });
  await api.handleDue(next.dueAt ?? 0);
  expect((await api.client.triggers.get(trigger.id)).latest).toMatchObject({ outcome: "fired", at: next.dueAt });
});
