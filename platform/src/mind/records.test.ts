import { expect, test } from "vitest";
import { recordTools, type RecordsClient } from "./records.ts";

const about = { id: "1/1/0", tainted: [], tools: new Map<number, string>(), checkLimits: () => {} };
const own = "0198c2f4-0000-7000-8000-000000000001";
const other = "0198c2f4-0000-7000-8000-000000000002";

test("whatever is asked for, only records of the run's own place are asked for", async () => {
  const { call, asked } = openRecords();
  await call("records.runs", { text: "shop", status: ["failed", "canceled"] });
  await call("records.queue", { group: "waiting" });
  await call("records.costs", { by: "agent", days: 1 });
  await call("records.audit", { action: "runs." });
  const here = { project: "shop", environment: "prod" };
  expect(asked).toEqual([
    ["runs", { text: "shop", status: "failed,canceled", limit: 20, ...here }],
    ["queue", { group: "waiting", limit: 20, ...here }],
    ["costs", { by: "agent", since: "1970-01-01T00:00:00.000Z", ...here }],
    ["audit", { action: "runs.", limit: 20, ...here }],
  ]);
  expect(await call("records.states", {})).toEqual({ states: [stateOf("prod")], more: false });
});

test("a run of another place isn't told of", async () => {
  const { call } = openRecords({ environment: "staging" });
  await expect(call("records.run", { run: other })).rejects.toMatchObject({ code: "record_elsewhere" });
});

test("no tool takes a place, more rows than fifty, or what isn't asked for", () => {
  const { tools } = openRecords();
  for (const tool of tools) {
    expect(tool).toMatchObject({ effect: "reads", vouched: false });
    expect(tool.problemsOf({ project: "other" })).not.toEqual([]);
    expect(tool.problemsOf({ limit: 51 })).not.toEqual([]);
  }
});

test("secrets are taken out of what records say, and long texts are cut", async () => {
  const { call } = openRecords({ goal: `Deploy with hunter2 ${"x".repeat(5_000)}` });
  const said = JSON.stringify(await call("records.runs", {}));
  expect(said).toContain("Deploy with [redacted]");
  expect(said).not.toContain("hunter2");
  expect(said.length).toBeLessThan(2_000);
});

test("what couldn't be reached is reached with the next call", async () => {
  const { call, state } = openRecords();
  state.away = true;
  await expect(call("records.states", {})).rejects.toThrow("away");
  state.away = false;
  await expect(call("records.states", {})).resolves.toMatchObject({ more: false });
});

const stateOf = (environment: string) => ({ project: "shop", environment, name: "network" });

function openRecords(found: { environment?: string; goal?: string } = {}) {
  const asked: [string, unknown][] = [];
  const state = { away: false };
  const runOf = (id: string) => ({
    id,
    project: "shop",
    environment: "prod",
    runbook: null,
    goal: "Deploy",
    status: "failed",
    waiting: null,
    error: null,
    requester: { id: "1", name: "operator" },
    triggeredBy: null,
    dryRun: false,
    ...(id === own ? {} : found),
  });
  const list = (name: string, items: object[]) => (query: unknown) => {
    asked.push([name, query]);
    return Promise.resolve({ items, next: null, counts: {}, currency: "USD" });
  };
  const client = {
    runs: { list: list("runs", [runOf(own), runOf(other)]), get: (id: string) => Promise.resolve(runOf(id)) },
    queue: { list: list("queue", []) },
    models: { costs: list("costs", []) },
    states: { list: () => Promise.resolve({ items: [stateOf("prod"), stateOf("dev")] }) },
    audit: { list: list("audit", []) },
  } as unknown as RecordsClient;
  const tools = recordTools({
    open: () => (state.away ? Promise.reject(new Error("It is away.")) : Promise.resolve(client)),
    run: own,
    redact: (text) => text.replaceAll("hunter2", "[redacted]"),
    now: () => 86_400_000,
  });
  const call = async (name: string, input: object) => {
    const tool = tools.find((one) => one.name === name);
    expect(tool?.problemsOf(input as never)).toEqual([]);
    return (await tool?.call?.(input as never, about)) ?? null;
  };
  return { tools, asked, call, state };
}
