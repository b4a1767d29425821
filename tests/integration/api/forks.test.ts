import { afterAll, beforeAll, expect, test } from "vitest";
import type { Json, Plan } from "@gantry/sdk";
import { refusalOf, startTestApi, type Person, type TestApi } from "../../support/api.ts";

let api: TestApi;
let approver: Person;

beforeAll(async () => {
  api = await startTestApi();
  const inner = [{ id: "inner", tool: "test.look", input: { found: 1 } }];
  await api.engine.startWorker({ planSubRun: async () => () => api.engine.plan(inner, { environment: "dev" }) });
  approver = await api.addPerson("approver", { groups: ["approvers"] });
});
afterAll(() => api[Symbol.asyncDispose]());

const step = (id: string, tool: string, rest: object = {}) => ({ id, kind: "tool", agent: "test", tool, ...rest });

async function submit(steps: object[], environment = "dev"): Promise<string> {
  const rest = { format: 1, goal: "test", runbook: null, parameters: {}, environment, onFailure: "stop", tools: [] };
  const { id } = await api.client.runs.create({ plan: { ...rest, steps } as unknown as Plan });
  return id;
}

async function ended(steps: object[]): Promise<string> {
  const id = await submit(steps);
  await api.engine.reaches(id, "succeeded");
  return id;
}

const chain = (environment: Json = null): object[] => [
  step("read", "test.look", { input: { size: 2, environment } }),
  step("build", "test.change", { after: ["read"], input: { size: { $ref: ["read", "size"] } } }),
  step("deploy", "test.change", { after: ["build"], input: { image: "shop:1", size: { $ref: ["build", "size"] } } }),
];

test("a fork doesn't repeat what stood before it, asks for its own approval, and both runs name each other", async () => {
  const source = await submit(chain(), "staging");
  await api.engine.reaches(source, "waiting_for_approval");
  const approve = async (run: string): Promise<string> => {
    const { hash } = await approver.client.runs.changeSet(run);
    await approver.client.runs.approve(run, { hash });
    return hash;
  };
  const first = await approve(source);
  await api.engine.reaches(source, "succeeded");

  const fork = await api.client.runs.fork(source, { from: "deploy", set: [{ path: ["image"], value: "shop:2" }] });
  expect(fork).toMatchObject({
    origin: { kind: "fork", run: source, step: "deploy" },
    kept: ["read", "build"],
    again: ["deploy"],
    standing: ["deploy"],
  });
  await api.engine.reaches(fork.id, "waiting_for_approval");
  const { changeSet } = await approver.client.runs.changeSet(fork.id);
  expect(changeSet.entries.map(({ step: id }) => id)).toEqual(["deploy"]);
  expect(await approve(fork.id)).not.toBe(first);
  await api.engine.reaches(fork.id, "succeeded");

  const run = await api.client.runs.get(fork.id);
  expect(run.steps.map(({ id, fact, output, attempts }) => [id, fact, output, attempts.length])).toEqual([
    ["read", { run: source, step: "read" }, { size: 2, environment: null }, 0],
    ["build", { run: source, step: "build" }, { size: 2 }, 0],
    ["deploy", null, { image: "shop:2", size: 2 }, 1],
  ]);
  expect((await api.client.runs.get(source)).derived).toMatchObject([{ id: fork.id, kind: "fork", step: "deploy" }]);

  await api.client.runs.undo(fork.id, { reason: "only what it did itself" });
  await api.engine.reaches(fork.id, "waiting_for_approval");
  const { undo: plan } = (await approver.client.runs.changeSet(fork.id)).changeSet;
  expect(plan.steps.map(({ step: id }) => id)).toEqual(["deploy"]);
});

test("a fork of a fork keeps where each fact is from, and is refused once that was undone", async () => {
  const source = await ended(chain());
  const fork = await api.client.runs.fork(source, { from: "deploy" });
  await api.engine.reaches(fork.id, "succeeded");
  const second = await api.client.runs.fork(fork.id, { from: "deploy", dryRun: true });
  await api.engine.reaches(second.id, "previewed");
  expect((await api.client.runs.plan(second.id)).facts?.["build"]?.from).toEqual({ run: source, step: "build" });

  await api.client.runs.undo(source, { reason: "away with it" });
  await api.engine.reaches(source, "undone");
  for (const run of [source, fork.id])
    expect(await refusalOf(api.client.runs.fork(run, { from: "deploy" }))).toEqual([409, "fork_step_undone"]);
  expect(await refusalOf(api.client.runs.real(second.id, {}))).toEqual([409, "fork_step_undone"]);
  const early = await api.client.runs.fork(source, { from: "build" });
  expect(early.kept).toEqual(["read"]);
});

test("a fork stands on artifacts that are stored, and is refused where one was purged", async () => {
  const { digest } = await api.blobs.put(api.org, Buffer.from("a plan"), { purpose: "artifact" });
  const file = { $artifact: digest, name: "plan", bytes: 6, contentType: "text/plain" };
  const source = await ended([
    step("make", "test.look", { input: { nested: [{ file }] } }),
    step("use", "test.look", { after: ["make"], input: {} }),
  ]);
  await api.engine.reaches((await api.client.runs.fork(source, { from: "use" })).id, "succeeded");
  await api.engine.admin.query("DELETE FROM blobs WHERE digest = $1", [digest]);
  expect(await refusalOf(api.client.runs.fork(source, { from: "use" }))).toEqual([409, "fork_source_gone"]);
  expect((await api.client.runs.fork(source, { from: "make" })).kept).toEqual([]);
});

test("a sub-run is kept with its outputs, or carried out anew as the fork point", async () => {
  const source = await ended([
    { id: "sub", kind: "run", runbook: "inner", parameters: { deep: { a: 1 } } },
    step("last", "test.look", { input: { got: { $ref: ["sub", "inner", "found"] } } }),
  ]);
  const kept = await api.client.runs.fork(source, { from: "last" });
  await api.engine.reaches(kept.id, "succeeded");
  const [sub, last] = (await api.client.runs.get(kept.id)).steps;
  expect(sub).toMatchObject({ child: null, fact: { step: "sub" } });
  expect(last?.output).toEqual({ got: 1 });
  const anew = await api.client.runs.fork(source, { from: "sub", set: [{ path: ["deep", "a"], value: 2 }] });
  await api.engine.reaches(anew.id, "succeeded");
  expect((await api.client.runs.get(anew.id)).steps[0]).toMatchObject({
    fact: null,
    child: expect.any(String) as string,
  });
  expect((await api.client.runs.plan(anew.id)).steps[0]).toMatchObject({ parameters: { deep: { a: 2 } } });
});

test("a parked run, one that is just being canceled, and another tenant's are not forked", async () => {
  const wait = { id: "word", kind: "wait", for: { kind: "signal", name: "go" } };
  const source = await submit([wait, step("last", "test.look", { after: ["word"], input: {} })]);
  await api.engine.reaches(source, "waiting");
  const fork = () => api.client.runs.fork(source, { from: "last" });
  expect(await refusalOf(fork())).toEqual([409, "run_not_ended"]);
  const [racing] = await Promise.allSettled([fork(), api.client.runs.cancel(source, {})]);
  await api.engine.reaches(source, "canceled");
  // Whichever came first: a fork has seen either a run that goes on or all that was decided.
  const after = racing?.status === "fulfilled" ? racing.value : await fork();
  expect([after.kept, after.again]).toEqual([[], ["word", "last"]]);

  const tenant = await api.addTenant("globex");
  expect(await refusalOf(tenant.client.runs.fork(source, { from: "last" }))).toEqual([404, "not_found"]);
  expect(await refusalOf(tenant.client.runs.rerun(source, { parameters: {} }))).toEqual([404, "not_found"]);
  expect(await refusalOf(tenant.client.runs.compare(source, source))).toEqual([404, "not_found"]);
});

test("what a fork can't do is said, and a plan with facts is not taken from outside", async () => {
  const source = await ended(chain());
  const refusal = (body: Parameters<typeof api.client.runs.fork>[1]) => refusalOf(api.client.runs.fork(source, body));
  expect(await refusal({ from: "nothing" })).toEqual([422, "fork_step_unknown"]);
  const set = (path: string[], of?: string) => [{ path, value: 1, ...(of === undefined ? {} : { step: of }) }];
  expect(await refusal({ from: "deploy", set: set(["size"], "read") })).toEqual([422, "fork_step_kept"]);
  expect(await refusal({ from: "deploy", set: set(["image", "tag"]) })).toEqual([422, "fork_path_invalid"]);
  expect(await refusal({ from: "deploy", set: [{ path: ["image"], value: { $ref: ["gone"] } }] })).toEqual([
    422,
    "reference_unknown",
  ]);
  const { id } = await api.client.runs.fork(source, { from: "deploy" });
  const plan = await api.client.runs.plan(id);
  expect(await refusalOf(api.client.runs.create({ plan }))).toEqual([422, "plan_invalid"]);
});

test("a retry with other parameters is a new run of the same version of the runbook, and says what is other", async () => {
  const call = { runbook: "test.swap", parameters: { to: "blue", size: 3 }, environment: "dev" };
  const { id } = await api.client.runs.create(call);
  await api.engine.reaches(id, "succeeded");
  const again = await api.client.runs.rerun(id, { parameters: { to: "green" } });
  expect(again).toMatchObject({
    origin: { kind: "retry", run: id },
    runbook: "test.swap",
    parameters: [{ path: "to", a: "blue", b: "green" }],
    plan: { same: false, added: [], removed: [], steps: [{ path: "before.input.at" }, { path: "swap.input.to" }] },
  });
  expect((await api.client.runs.plan(again.id)).parameters).toEqual({ to: "green", size: 3 });
  expect(await refusalOf(api.client.runs.rerun(id, { parameters: { to: "blue" } }))).toEqual([
    422,
    "parameters_unchanged",
  ]);
  expect(await refusalOf(api.client.runs.rerun(id, { parameters: { size: "big" } }))).toEqual([
    422,
    "parameters_invalid",
  ]);
  const plain = await ended(chain());
  expect(await refusalOf(api.client.runs.rerun(plain, { parameters: { a: 1 } }))).toEqual([409, "run_has_no_runbook"]);
  await api.engine.admin.query(
    `UPDATE plans SET plan = jsonb_set(plan::jsonb, '{runbook,version}', '"0.9.0"')::json WHERE plan #>> '{parameters,size}' = '3'`,
  );
  expect(await refusalOf(api.client.runs.rerun(id, { parameters: { to: "red" } }))).toEqual([
    409,
    "runbook_version_changed",
  ]);
});

test("two runs are compared by inputs, plan, outputs, attempts and change set; secrets are masked, no time is a difference", async () => {
  const create = async (parameters: Record<string, Json>, environment = "dev"): Promise<string> => {
    const { id } = await api.client.runs.create({ runbook: "test.swap", parameters, environment });
    return id;
  };
  const [a, twin, b] = [
    await create({ to: "blue" }),
    await create({ to: "blue" }),
    await create({ to: "http://me:hunter2@host/green", size: 2, password: "hunter2" }),
  ];
  for (const run of [a, twin, b]) await api.engine.reaches(run, "succeeded");
  const equal = await api.client.runs.compare(a, twin);
  expect(equal).toMatchObject({ same: true, parameters: [], tools: [], omitted: 0, plan: { same: true } });
  expect(equal.steps.map(({ step: id, a: measure }) => [id, measure?.runs])).toEqual([
    ["before", 1],
    ["swap", 1],
    ["after", 1],
  ]);
  const other = await api.client.runs.compare(a, b);
  expect(other.same).toBe(false);
  expect(other.parameters).toEqual([
    { path: "to", a: "blue", b: "http://me:[redacted]@host/green" },
    { path: "size", b: 2 },
    { path: "password", b: "[redacted]" },
  ]);
  expect(other.steps[1]).toMatchObject({
    step: "swap",
    input: [
      { path: "to", a: "blue" },
      { path: "size", a: 1, b: 2 },
    ],
    output: [{ path: "to" }, { path: "size" }],
  });
  expect(other.changeSet.differences.map(({ path }) => path)).toContain("touches[0]");
  expect(JSON.stringify(other)).not.toContain("hunter2");
});

test("quotas count what is made from another run, and what is tried again, but never keep anybody from undoing", async () => {
  const { runs, quotas, bulkActions } = api.client;
  const source = await ended(chain());
  const word = { id: "word", kind: "wait", for: { kind: "signal", name: "go" } };
  const canceled = await submit([word]);
  await api.engine.reaches(canceled, "waiting");
  await runs.cancel(canceled, { reason: "not now" });
  await api.engine.reaches(canceled, "canceled");
  await quotas.set("runs_at_once", { limit: 1_000 });
  const live = (await quotas.list()).items[0]?.current ?? 0;
  await quotas.set("runs_at_once", { limit: live + 1 });
  const waiting = await submit([word]);

  const full = [429, "quota_exceeded"];
  expect(await refusalOf(runs.fork(source, { from: "deploy" }))).toEqual(full);
  expect(await refusalOf(runs.retry(canceled, {}))).toEqual(full);
  const bulk = await bulkActions.create({ command: { action: "retry" }, filter: { runs: [canceled] } });
  expect(await refusalOf(bulkActions.confirm(bulk.id, 1))).toEqual(full);
  expect(await runs.undo(source, { reason: "it wasn't wanted" })).toMatchObject({ run: source });
  await api.engine.reaches(source, "undone");

  await runs.cancel(waiting, { reason: "enough" });
  await api.engine.reaches(waiting, "canceled");
  await quotas.set("steps_per_run", { limit: 2 });
  const again = await ended([step("read", "test.look", { input: {} })]);
  await quotas.set("steps_per_run", { limit: 0 });
  expect(await refusalOf(runs.fork(again, { from: "read" }))).toEqual(full);
  // What was submitted once isn't counted by what submissions may have.
  await runs.retry(canceled, {});
  for (const kind of ["steps_per_run", "runs_at_once"] as const) await quotas.set(kind, { limit: null });
});
