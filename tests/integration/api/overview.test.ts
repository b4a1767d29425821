import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryTools, startTestApi, type TestApi } from "../../support/api.ts";

const gate = Promise.withResolvers<null>();
const slow = { name: "test.look", run: () => gate.promise };
let api: TestApi;
let running: string;
let waiting: string;
beforeAll(async () => {
  api = await startTestApi({ tools: [slow, ...memoryTools.filter(({ name }) => name !== "test.look")] });
});
afterAll(() => api[Symbol.asyncDispose]());

test("before there is a worker the queue says whose turn is next, and the overview that nobody is there", async () => {
  const { client } = api;
  const low = await client.runs.create({ runbook: "test.look", environment: "dev", priority: -1 });
  running = low.id;
  waiting = (await client.runs.create({ runbook: "test.change", parameters: { to: "x" }, environment: "prod" })).id;
  const { items, counts } = await client.queue.list({ sort: "line" });
  expect(items.map(({ id, group, place, since }) => [id, group, place, since.length > 0])).toEqual([
    [waiting, "in_line", 1, true],
    [running, "in_line", 2, true],
  ]);
  expect(counts).toEqual({ groups: { in_line: 2, running: 0, waiting: 0 }, statuses: { queued: 2 }, on: {} });
  const { pools } = await client.overview.get();
  const none = { workers: 0, draining: 0, lost: 0, capacity: 0, running: 0 };
  expect(pools).toEqual([{ pool: "default", ...none, due: 2, oldestDueAt: expect.any(String) }]);
});

test("it shows the steps that run, on which worker, and of what waits since when, for what and who can end it", async () => {
  const { client } = api;
  await api.engine.startWorker();
  await api.engine.reaches(waiting, "waiting_for_approval");
  const live = await api.engine.until(async () => {
    const { items } = await client.queue.list({ group: "running" });
    return items[0]?.steps.length === 1 && items[0];
  });
  const [worker] = (await client.workers.list()).items;
  expect(worker).toMatchObject({ runs: 1, alive: true, drainedAt: null });
  expect(live).toMatchObject({
    id: running,
    worker: worker?.id,
    place: null,
    steps: [{ key: "look", tool: "test.look", operation: "run", attempt: 1, worker: worker?.id }],
  });
  const { items, counts } = await client.queue.list({ on: "approval" });
  const created = (await api.engine.events(waiting)).find(({ type }) => type === "change_set.created");
  expect(items).toMatchObject([
    { id: waiting, group: "waiting", steps: [], waiting: { on: "approval", who: "1 of approvers" } },
  ]);
  expect(items[0]?.since).toBe(new Date(created?.at ?? 0).toISOString());
  expect(counts).toMatchObject({ groups: { waiting: 1, running: 0 }, on: { approval: 1 } });
});

test("pages hold each run once, in every order", async () => {
  const { client } = api;
  for (const sort of ["age", "priority", "line"] as const) {
    const first = await client.queue.list({ sort, limit: 1 });
    const second = await client.queue.list({ sort, limit: 1, cursor: first.next ?? "" });
    expect(second.next).toBeNull();
    expect([...first.items, ...second.items].map(({ id }) => id).toSorted()).toEqual([running, waiting].toSorted());
  }
});

test("who sees one environment sees its part of the queue and of the trend", async () => {
  const { id: project } = (await api.client.projects.list()).items[0] ?? { id: "" };
  const role = { role: "viewer" as const, project, environment: "dev" };
  const viewer = await api.addPerson("only-dev", { scopes: ["read"], roles: [role] });
  const { items, counts } = await viewer.client.queue.list();
  expect(items.map(({ id }) => id)).toEqual([running]);
  expect(counts.groups).toEqual({ in_line: 0, running: 1, waiting: 0 });
});

test("a worker is drained and let work again by who runs the installation only", async () => {
  const { client } = api;
  const [worker] = (await client.workers.list()).items;
  const id = worker?.id ?? "";
  const admin = await api.addPerson("admin", { scopes: ["read", "run", "admin"] });
  await expect(admin.client.workers.drain(id)).rejects.toMatchObject({ code: "scope_missing" });
  expect(await client.workers.drain(id)).toMatchObject({
    state: "draining",
    alive: true,
    drainedAt: expect.any(String),
  });
  expect((await client.overview.get()).pools).toMatchObject([{ workers: 1, draining: 1, capacity: 0 }]);
  expect(await client.workers.resume(id)).toMatchObject({ state: "active", drainedAt: null });
  await expect(client.workers.drain(running)).rejects.toMatchObject({ code: "not_found" });
});

test("the trend counts ends by day, and no cancellation as a failure", async () => {
  const { client } = api;
  gate.resolve(null);
  await api.engine.reaches(running, "succeeded");
  await client.runs.cancel(waiting, {});
  await api.engine.reaches(waiting, "canceled");
  const { days, at } = await client.overview.get({ days: 3 });
  expect(days.map(({ ends }) => ends)).toEqual([{}, {}, { succeeded: 1, canceled: 1 }]);
  expect(days[2]).toMatchObject({ day: at.slice(0, 10), successRate: 1 });
  expect(days[2]?.p50Ms).toBeGreaterThan(0);
  expect((await client.overview.get({ days: 1, environment: "prod" })).days).toEqual([
    { day: at.slice(0, 10), ends: { canceled: 1 }, successRate: null, takenBack: 0, p50Ms: null, p95Ms: null },
  ]);
  expect((await client.queue.list()).items).toEqual([]);

  // One that went well and is taken back is no failure; one that was undone because it failed is.
  const change = { runbook: "test.change", parameters: { to: "blue" }, environment: "dev" };
  const { id: good } = await client.runs.create(change);
  await api.engine.reaches(good, "succeeded");
  await client.runs.undo(good, { reason: "seen enough" });
  await api.engine.reaches(good, "undone");
  expect((await client.overview.get({ days: 1 })).days).toMatchObject([
    { ends: { succeeded: 1, canceled: 1, undone: 1 }, successRate: 1, takenBack: 1 },
  ]);
  await api.engine.admin.query(
    `UPDATE events SET data = '{"status":"failed","error":null}' WHERE run_id = $1 AND type = 'run.finished' AND data->>'status' = 'succeeded'`,
    [good],
  );
  expect((await client.overview.get({ days: 1 })).days).toMatchObject([{ successRate: 0.5, takenBack: 0 }]);
});
