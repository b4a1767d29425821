import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";
import { newId } from "../../support/engine.ts";
import { writeModelCalls, type ModelCallRow } from "../../../platform/src/store/agents/models.ts";
import { inOrganization } from "../../../platform/src/store/organization.ts";

let api: TestApi;
let cli: TestCli;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createTestCli({ url: api.url, key: api.key });
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

test("a limit is set, holds for the next run, is seen by who waits, and lets it go when it is raised", async () => {
  const set = await cli.run(["limit", "set", "1/1h", "--tool", "test.look", "--project", "default"]);
  expect(set.stderr).toContain("Set the rate limit of tool test.look: 1 per 3600 s, for project default.");
  expect((await cli.run(["limit", "set", "0", "--tool", "test.look"])).code).toBe(2);
  expect((await cli.run(["limit", "set", "5/1s"])).code).toBe(2);
  const worker = await api.engine.startWorker();
  const submit = async () => (await api.client.runs.create({ runbook: "test.look", environment: "dev" })).id;
  await api.engine.reaches(await submit(), "succeeded");
  const second = await submit();
  await api.engine.reaches(second, "waiting");
  const shown = (await cli.run(["runs", "show", second])).stdout.replaceAll(/\s+/g, " ");
  expect(shown).toMatch(
    /rate limit of tool test\.look: 1 per 3600 s, from whoever may change limits .*, until .* UTC .*; since /,
  );
  expect((await cli.run(["limit", "list"])).stdout).toMatch(
    /rate limit of tool test\.look: .*\tproject default\t0\t1\n$/,
  );
  // The same limit with another number; who waits looks again at once.
  await cli.run(["limit", "set", "100/1h", "--tool", "test.look", "--project", "default"]);
  await api.engine.reaches(second, "succeeded");
  const { items } = await api.client.limits.list();
  expect(items).toHaveLength(1);
  expect((await cli.run(["limit", "remove", items[0]?.id ?? ""])).code).toBe(0);
  expect((await api.client.limits.list()).items).toEqual([]);
  await worker.drain();
});

test("a budget is set, shown with what is spent, and removed", async () => {
  const worker = await api.engine.startWorker();
  expect((await cli.run(["budget", "set", "calls", "--requests", "3", "--agent", "test"])).stderr).toContain(
    "Set calls: 3 requests for agent test.",
  );
  expect((await cli.run(["budget", "set", "calls", "--requests", "3", "--money", "1EUR"])).code).toBe(2);
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.engine.reaches(id, "succeeded");
  await api.engine.until(async () => (await api.client.budgets.get("calls")).spent === 1);
  expect((await cli.run(["budget", "show", "calls"])).stdout).toMatch(/spent +1\n +set aside +0\n +left +2\n/);
  await cli.run(["budget", "set", "money", "--money", "12.50EUR", "--per", "month"]);
  expect((await cli.run(["budget", "list"])).stdout).toContain(
    "money\tthe organization\t12.50 EUR per month\t0.00 EUR\t0.00 EUR\t12.50 EUR\t0\n",
  );
  expect((await cli.run(["budget", "set", "one", "--models", "--requests", "1"])).stderr).toContain(
    "Set one: 1 request for calls to models.",
  );
  for (const name of ["calls", "money", "one"]) expect((await cli.run(["budget", "remove", name])).code).toBe(0);
  await worker.drain();
});

test("a run past a quota is refused with what there is, the limit and what to do", async () => {
  const submit = () => api.client.runs.create({ runbook: "test.look", environment: "dev" });
  expect((await cli.run(["quota", "set", "runs-at-once", "1", "--project", "default"])).code).toBe(0);
  await submit();
  expect(await refusalOf(submit())).toEqual([429, "quota_exceeded"]);
  const refused = await cli.run(["run", "test.look", "-e", "dev"]);
  expect(refused.stderr).toContain("The quota of this project is 1 runs at once; it stands at 1.");
  expect((await cli.run(["quota", "list"])).stdout).toBe("runs-at-once\tproject default\t1\t1\n");
  await cli.run(["quota", "set", "runs-at-once", "none", "--project", "default"]);
  await api.client.quotas.set("steps_per_run", { limit: 0 });
  expect(await refusalOf(submit())).toEqual([429, "quota_exceeded"]);
  await api.client.quotas.set("steps_per_run", { limit: null });
  await submit();
  expect(await refusalOf(api.client.quotas.set("storage_bytes", { limit: 1, project: "default" }))).toEqual([
    400,
    "invalid_request",
  ]);
  // Of many at the same time as many get through as there is room for.
  const before = (await api.client.runs.list({ limit: 200 })).items.length;
  await api.client.quotas.set("submissions_per_hour", { limit: before + 3 });
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, submit));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
  await api.client.quotas.set("submissions_per_hour", { limit: null });
});

test("of connections with the same name the nearest is the one that counts", async () => {
  const add = ["connection", "add", "hub", "--kind", "registry"];
  await cli.run([...add, "--set", "url=https://hub", "--secret", "token=hub-token"]);
  await cli.run([...add, "--set", "url=https://hub.staging", "--project", "default", "-e", "staging"]);
  expect((await cli.run(["connection", "list"])).stdout).toBe(
    "hub\tregistry\tthe organization\turl=https://hub\nhub\tregistry\tdefault/staging\turl=https://hub.staging\n",
  );
  expect((await cli.run(["connection", "show", "hub", "--project", "default", "-e", "staging"])).stdout).toContain(
    "https://hub.staging",
  );
  expect(await api.client.connections.get("hub", { project: "default", environment: "dev" })).toMatchObject({
    project: null,
    settings: { url: "https://hub" },
    secrets: { token: "hub-token" },
  });
  expect((await cli.run(["connection", "remove", "hub"])).code).toBe(0);
  expect(await refusalOf(api.client.connections.get("hub"))).toEqual([404, "not_found"]);
});

test("a breaker is listed with its reason, and reset", async () => {
  expect((await cli.run(["breaker", "list", "--json"])).stdout).toBe("[]\n");
  await api.engine.admin.query(
    `INSERT INTO breakers (org, id, connection, state, opened_at, retry_at, open_ms, reason)
     VALUES ($1, gen_random_uuid(), 'hub', 'open', 0, 32503680000000, 15000, 'refused')`,
    [api.org],
  );
  expect((await cli.run(["breaker", "list"])).stdout).toMatch(
    /^hub\tthe organization\topen\t0\t3000-.*\t0\trefused\n$/,
  );
  expect((await cli.run(["breaker", "reset", "hub"])).stderr).toContain("hub of the organization is closed.");
  expect((await cli.run(["breaker", "reset", "nothing"])).code).toBe(2);
});

test("what models cost is added up by time, place and run; last is the newest run of whoever asks", async () => {
  const other = await api.addPerson("operator", { scopes: ["read", "run"] });
  const parameters = { runbook: "test.look", environment: "dev" };
  const { id: run } = await api.client.runs.create(parameters);
  await other.client.runs.create(parameters);
  const { rows } = await api.engine.db.query<{ id: string }>("SELECT project AS id FROM runs WHERE id = $1", [run]);
  const [place] = rows;
  const call: Omit<ModelCallRow, "id" | "at"> = {
    org: api.org,
    project: place?.id ?? null,
    environment: "dev",
    agent: "writer",
    run: null,
    step: null,
    task: "answer",
    connection: "house",
    provider: "compatible",
    model: "small",
    state: "answered",
    input: 10,
    cachedInput: 0,
    output: 5,
    micros: 2_000_000,
    priceKnown: true,
    firstTokenMs: 1,
    totalMs: 2,
    error: null,
  };
  await inOrganization(api.engine.db, api.org, (tx) =>
    writeModelCalls(tx, [
      { ...call, id: newId(), at: new Date("2026-01-15T12:00:00Z") },
      { ...call, id: newId(), at: new Date(), agent: "assistant", run, step: "ask", micros: 30_000 },
    ]),
  );
  const costs = async (...flags: string[]) => {
    const { stdout } = await cli.run(["models", "costs", "--json", ...flags]);
    const { items } = JSON.parse(stdout) as { items: { key: string; micros: number }[] };
    return items.map(({ key, micros }) => [key, micros]);
  };
  expect(await costs("--by", "agent")).toEqual([["assistant", 30_000]]);
  const january = ["--since", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z"];
  expect(await costs("--by", "agent", ...january)).toEqual([["writer", 2_000_000]]);
  expect(
    await costs("--by", "project", "--since", "2026-01-01T00:00:00Z", "--project", "default", "-e", "dev"),
  ).toEqual([["default", 2_030_000]]);
  expect(await costs("--for", "1d", "--project", "default", "-e", "staging")).toEqual([]);
  expect(await costs("--by", "step", "--run", "last")).toEqual([[`${run} ask`, 30_000]]);
  expect((await cli.run(["runs", "show", "last"])).stdout).toContain(run);
  expect((await cli.run(["models", "costs", "--for", "1d", "--since", "2026-01-01T00:00:00Z"])).code).toBe(2);
  expect((await cli.run(["models", "costs", "-e", "dev"])).code).toBe(2);
});
