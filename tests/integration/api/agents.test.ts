import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestCli } from "../../support/cli.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({
    tools: [
      // JSON that Postgres can't look into.
      { name: "test.look", run: () => ({ text: 'NUL \0, half a pair \ud83d, "attemptId"' }) },
      {
        name: "test.change",
        effect: "changes",
        run: () => {
          throw new Error("It broke.");
        },
      },
    ],
  });
  await api.engine.startWorker();
});
afterAll(() => api[Symbol.asyncDispose]());

test("calls of tools are counted by how they ended, whatever they answered", async () => {
  expect((await api.client.agents.activity()).tools).toEqual([]);
  const started = await Promise.all([
    api.client.runs.create({ runbook: "test.look", environment: "dev", parameters: { at: "NUL \0" } }),
    api.client.runs.create({ runbook: "test.look", environment: "dev" }),
  ]);
  for (const { id } of started) await api.engine.reaches(id, "succeeded");
  const failing = await api.client.runs.create({ runbook: "test.change", environment: "dev", parameters: { to: "x" } });
  await api.engine.reaches(failing.id, "failed");

  const { runs, tools, since } = await api.client.agents.activity();
  expect(runs).toBe(3);
  expect(Date.parse(since)).toBeLessThan(Date.now());
  expect(tools).toEqual([
    expect.objectContaining({ tool: "test.change", calls: 1, succeeded: 0, failed: 1, unknown: 0 }),
    expect.objectContaining({ tool: "test.look", calls: 2, succeeded: 2, failed: 0, unknown: 0 }),
  ]);
  for (const { medianMs, p95Ms, lastAt } of tools) {
    expect(medianMs).toBeGreaterThanOrEqual(0);
    expect(p95Ms).toBeGreaterThanOrEqual(medianMs ?? 0);
    expect(Date.parse(lastAt)).toBeGreaterThan(Date.parse(since));
  }
});

test("each counts what they see: nothing of other organizations, nothing of places where they have no role", async () => {
  const other = await api.addTenant("other");
  expect(await other.client.agents.activity()).toMatchObject({ runs: 0, tools: [] });
  const { id } = await api.client.projects.create({ name: "elsewhere" });
  const guest = await api.addPerson("guest", { scopes: ["read"], roles: [{ role: "viewer", project: id }] });
  expect(await guest.client.agents.activity()).toMatchObject({ runs: 0, tools: [] });
  const nobody = await api.addPerson("nobody", { scopes: ["read"], roles: [] });
  expect(await refusalOf(nobody.client.agents.activity())).toEqual([403, "forbidden"]);
});

test("workers tell which agents they serve", async () => {
  const { items } = await api.client.workers.list();
  expect(items[0]?.agents).toEqual(expect.any(Array));
});

test("gantry agent list shows tools with their calls", async () => {
  await using cli = await createTestCli({ url: api.url, key: api.key });
  const { code, stdout } = await cli.run(["agent", "list"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/test\.look\treads\t2\t2/);
});
