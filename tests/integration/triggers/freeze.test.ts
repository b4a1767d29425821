import { afterAll, beforeAll, expect, test } from "vitest";
import type { FreezeView } from "@gantry/sdk/api";
import { windowsOf } from "../../../platform/src/triggers/index.ts";
import { insertFreeze } from "../../../platform/src/store/control/freezes.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { newId, startTestEngine } from "../../support/engine.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
});

afterAll(() => api[Symbol.asyncDispose]());

const hour = 3_600_000;
const freeze = (reason: string, at: { project?: string; environment?: string } = {}): Promise<FreezeView> => {
  const times = {
    kind: "once" as const,
    from: new Date(Date.now() - hour).toISOString(),
    until: new Date(Date.now() + hour).toISOString(),
  };
  return api.client.freezes.create({ reason, times, ...at });
};
const change = (environment = "dev") =>
  api.client.runs.create({ runbook: "test.change", environment, parameters: { to: "blue" } });

test("while its environment is frozen a run waits before its first change, says why, until when and who can end it, and goes on when the freeze is ended", async () => {
  const holidays = await freeze("holidays", { project: "default", environment: "dev" });
  expect(holidays.window).toMatchObject({ open: true });
  const { id } = await change();
  await api.engine.reaches(id, "frozen");
  const waiting = { on: "freeze", detail: "holidays", until: Date.parse(holidays.window?.until ?? "") };
  expect(await api.client.runs.get(id)).toMatchObject({ status: "frozen", waiting });
  await api.engine.until(async () => (await api.engine.status(id)).owner === null);
  const look = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.engine.reaches(look.id, "succeeded");

  await api.client.freezes.end(holidays.id);
  expect((await api.client.freezes.list()).items).toEqual([]);
  await api.engine.reaches(id, "succeeded");
  const types = await api.engine.types(id);
  expect(types.filter((type) => type.includes("frozen"))).toEqual(["run.frozen", "run.unfrozen"]);
  expect(types.indexOf("run.unfrozen")).toBeLessThan(types.indexOf("attempt.started"));
});

test("an administrator lets one run through with a reason, which its history keeps; the others stay frozen", async () => {
  const held = await freeze("month end", { project: "default" });
  const [urgent, patient] = [await change(), await change()];
  for (const { id } of [urgent, patient]) await api.engine.reaches(id, "frozen");
  const operator = await api.addPerson("operator", { scopes: ["read", "run"] });
  expect(await refusalOf(operator.client.freezes.override(urgent.id, "please"))).toEqual([403, "scope_missing"]);
  expect(await api.client.freezes.override(urgent.id, "the shop is down")).toMatchObject({ status: "done" });
  await api.engine.reaches(urgent.id, "succeeded");
  const overridden = (await api.engine.events(urgent.id)).find(({ type }) => type === "run.freeze_overridden");
  expect(overridden).toMatchObject({ actor: { name: "administrator" }, data: { reason: "the shop is down" } });
  expect((await api.engine.status(patient.id)).status).toBe("frozen");
  expect(await refusalOf(api.client.freezes.override(urgent.id, "again"))).toEqual([409, "run_not_frozen"]);

  // Let through one window is not let through the next: undoing it is a change of its own.
  await freeze("audit", { project: "default" });
  await api.engine.admin.query("UPDATE freeze_windows SET ends_at = ends_at + interval '1 hour'");
  await api.client.runs.undo(urgent.id, { reason: "it was the wrong shop" });
  await api.engine.reaches(urgent.id, "frozen");
  await api.client.freezes.end(held.id);
  for (const { id } of (await api.client.freezes.list()).items) await api.client.freezes.end(id);
  await api.engine.reaches(urgent.id, "undone");
  await api.engine.reaches(patient.id, "succeeded");
});

test("a trigger that would change something says frozen and starts nothing; one that only looks fires", async () => {
  const held = await freeze("release week");
  const source = { kind: "schedule" as const, cron: "0 6 * * *" };
  const parameters = { to: "blue" };
  const changing = await api.client.triggers.create({
    name: "c",
    environment: "dev",
    runbook: "test.change",
    parameters,
    source,
  });
  const looking = await api.client.triggers.create({ name: "l", environment: "dev", runbook: "test.look", source });
  await api.handleDue(changing.dueAt ?? 0);
  const latest = async (id: string) => (await api.client.triggers.get(id)).latest;
  expect(await latest(changing.id)).toMatchObject({ outcome: "frozen", run: null });
  expect((await latest(changing.id))?.reason).toMatch(/^Frozen until .*: release week$/);
  expect(await latest(looking.id)).toMatchObject({ outcome: "fired" });
  await api.client.freezes.end(held.id);
});

test("what a failed change left half done is put back although a freeze began in between", async () => {
  const done: string[] = [];
  const first = {
    name: "test.first",
    effect: "changes" as const,
    run: () => null,
    undo: () => {
      done.push("undone");
      return { summary: "undone", left: [] };
    },
  };
  const second = {
    name: "test.second",
    effect: "changes" as const,
    run: async (): Promise<null> => {
      const one = { id: newId(), org: engine.organization.org, project: null, environment: null, reason: "now" };
      const actor = { kind: "platform" as const, id: "platform", name: "platform" };
      const times = { startsAt: new Date(0), endsAt: null, cron: null, timeZone: null, durationMs: null };
      await insertFreeze(engine.db, { ...one, actor, ...times }, [{ from: 0, to: null }]);
      throw new Error("It broke.");
    },
    inspect: () => ({ status: "not_done" }),
  };
  await using engine = await startTestEngine({ tools: [first, second] });
  await engine.startWorker();
  const plan = engine.plan(
    [
      { id: "a", tool: "test.first" },
      { id: "b", tool: "test.second", after: ["a"] },
    ],
    {
      onFailure: "undo",
    },
  );
  const run = await engine.submit(plan);
  // What failed can't be undone itself.
  await engine.reaches(run, "undo_incomplete");
  expect(done).toEqual(["undone"]);
  const late = await engine.submit(engine.plan([{ id: "a", tool: "test.first" }]));
  await engine.reaches(late, "frozen");
});

test("a recurring freeze has its windows worked out ahead, and freezes where nobody worked them out", () => {
  const now = Date.parse("2026-10-24T12:00:00Z");
  const weekends = { kind: "recurring" as const, cron: "0 18 * * 5", timeZone: "Europe/Berlin", durationMs: 60 * hour };
  const windows = windowsOf(weekends, now);
  // Open since Friday; the Sunday between has an hour more.
  expect(windows[0]).toEqual({ from: Date.parse("2026-10-23T16:00:00Z"), to: Date.parse("2026-10-26T04:00:00Z") });
  expect(windows[1]?.from).toBe(Date.parse("2026-10-30T17:00:00Z"));
  expect(windows.at(-1)).toEqual({ from: expect.any(Number) as number, to: null });
  expect(windows.at(-1)?.from).toBeGreaterThan(now + 399 * 24 * hour);
});

test("a freeze that could hold nothing is refused", async () => {
  const over = { kind: "once" as const, from: "2020-01-01T00:00:00Z", until: "2020-01-02T00:00:00Z" };
  expect(await refusalOf(api.client.freezes.create({ reason: "late", times: over }))).toEqual([422, "trigger_invalid"]);
  const times = { kind: "recurring" as const, cron: "never", durationMs: hour };
  expect(await refusalOf(api.client.freezes.create({ reason: "never", times }))).toEqual([422, "trigger_invalid"]);
  expect(await refusalOf(api.client.freezes.create({ reason: "where", environment: "dev", times: over }))).toEqual([
    400,
    "invalid_request",
  ]);
});
