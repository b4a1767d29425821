import { expect, test } from "vitest";
import type { Plan } from "@gantry/sdk";
import type { BulkActionView } from "@gantry/sdk/api";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";

const waiting = (environment: string): Plan =>
  ({
    format: 1,
    goal: "wait",
    runbook: null,
    parameters: {},
    environment,
    onFailure: "stop",
    tools: [],
    steps: [{ id: "word", kind: "wait", for: { kind: "signal", name: "go" } }],
  }) as unknown as Plan;

async function submit(api: TestApi, environment = "dev"): Promise<string> {
  return (await api.client.runs.create({ plan: waiting(environment) })).id;
}

async function submitWaiting(api: TestApi, ...environments: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const environment of environments) ids.push(await submit(api, environment));
  for (const id of ids) await api.engine.reaches(id, "waiting");
  return ids;
}

const done = (api: TestApi, id: string): Promise<BulkActionView> =>
  api.engine.until(async () => {
    const view = await api.client.bulkActions.get(id);
    return view.status === "done" && view;
  });

const cancel = { action: "cancel" as const, reason: "enough" };

test("a list is frozen when it is shown: what fits the filter later isn't touched, and each run has its own result", async () => {
  await using api = await startTestApi();
  await api.engine.startWorker();
  const [staging, ended, dev] = await submitWaiting(api, "staging", "staging", "dev");
  const filter = { status: ["waiting" as const], environment: "staging" };
  const bulk = await api.client.bulkActions.create({ command: cancel, filter });
  expect(bulk).toMatchObject({ count: 2, status: "frozen", progress: { pending: 2, ok: 0, refused: 0 } });
  expect(bulk.sample.map(({ id }) => id)).toEqual([ended, staging]);
  const [late] = await submitWaiting(api, "staging");
  await api.client.runs.signal(ended ?? "", { name: "go" });
  await api.engine.reaches(ended ?? "", "succeeded");
  expect((await api.client.runs.get(staging ?? "")).status).toBe("waiting");

  await api.client.bulkActions.confirm(bulk.id, 2);
  expect(await done(api, bulk.id)).toMatchObject({ progress: { pending: 0, ok: 1, refused: 1 } });
  const { items } = await api.client.bulkActions.items(bulk.id);
  expect(items).toMatchObject([
    { run: ended, result: "refused", error: { code: "run_ended" } },
    { run: staging, result: "ok", error: null },
  ]);
  await api.engine.reaches(staging ?? "", "canceled");
  for (const id of [late, dev]) expect((await api.client.runs.get(id ?? "")).status).toBe("waiting");
  // Confirmed once is confirmed; nobody is told twice.
  expect(await api.client.bulkActions.confirm(bulk.id, 2)).toMatchObject({ status: "done" });
  const page = await api.client.bulkActions.items(bulk.id, { limit: 1 });
  const rest = await api.client.bulkActions.items(bulk.id, { limit: 1, cursor: page.next ?? "" });
  expect([page.items[0]?.run, rest.items[0]?.run, rest.next]).toEqual([ended, staging, null]);
});

test("whoever asks what is beyond the answers that they know waits for the next one, a refusal as well", async () => {
  // Polls would find it, too, and prove nothing.
  await using api = await startTestApi({ config: { pollMs: 3_600_000 } });
  const worker = await api.engine.startWorker();
  const runs = await submitWaiting(api, "dev", "dev");
  const { bulkActions } = api.client;
  const bulk = await bulkActions.create({ command: cancel, filter: { runs } });
  for (const run of runs) {
    await api.client.runs.signal(run, { name: "go" });
    await api.engine.reaches(run, "succeeded");
  }
  await worker.drain();
  await bulkActions.confirm(bulk.id, 2);
  expect(await bulkActions.get(bulk.id)).toMatchObject({ status: "running", progress: { pending: 2 } });

  const first = bulkActions.get(bulk.id, { beyond: 0 });
  await api.engine.startWorker();
  expect((await first).progress.refused).toBeGreaterThan(0);
  expect(await bulkActions.get(bulk.id, { beyond: 1 })).toMatchObject({
    status: "done",
    progress: { pending: 0, ok: 0, refused: 2 },
  });
});

test("nothing happens without a filter, without a match, past the limit, with another count, or by somebody else", async () => {
  await using api = await startTestApi();
  await api.engine.startWorker();
  const [run = ""] = await submitWaiting(api, "dev");
  const { bulkActions } = api.client;
  const freeze = (filter: Parameters<typeof bulkActions.create>[0]["filter"], command: object = cancel) =>
    bulkActions.create({ command: command as typeof cancel, filter });
  expect(await refusalOf(freeze({}))).toEqual([422, "bulk_filter_empty"]);
  expect(await refusalOf(freeze({ runs: [] }))).toEqual([400, "invalid_request"]);
  expect(await refusalOf(freeze({ everything: true } as never))).toEqual([400, "invalid_request"]);
  expect(await refusalOf(freeze({ environment: "staging" }))).toEqual([422, "bulk_matches_nothing"]);
  // Runs that the command can't apply to aren't on the list.
  expect(await refusalOf(freeze({ environment: "dev" }, { action: "resume" }))).toEqual([422, "bulk_matches_nothing"]);
  expect(await refusalOf(freeze({ environment: "dev" }, { action: "undo" }))).toEqual([400, "invalid_request"]);

  const bulk = await freeze({ environment: "dev" });
  expect(await refusalOf(bulkActions.confirm(bulk.id, 2))).toEqual([409, "bulk_count_differs"]);
  const colleague = await api.addPerson("colleague");
  expect(await refusalOf(colleague.client.bulkActions.confirm(bulk.id, 1))).toEqual([403, "bulk_not_yours"]);
  const reader = await api.addPerson("reader", { scopes: ["read"] });
  expect(await refusalOf(reader.client.bulkActions.confirm(bulk.id, 1))).toEqual([403, "scope_missing"]);
  const tenant = await api.addTenant("globex");
  for (const call of [
    () => tenant.client.bulkActions.get(bulk.id),
    () => tenant.client.bulkActions.items(bulk.id),
    () => tenant.client.bulkActions.confirm(bulk.id, 1),
  ])
    expect(await refusalOf(call())).toEqual([404, "not_found"]);
  expect(await refusalOf(tenant.client.bulkActions.create({ command: cancel, filter: { runs: [run] } }))).toEqual([
    422,
    "bulk_matches_nothing",
  ]);
  expect((await tenant.client.bulkActions.list()).items).toEqual([]);
  await api.engine.admin.query("UPDATE bulk_actions SET expires_at = now() - interval '1 minute'");
  expect(await refusalOf(bulkActions.confirm(bulk.id, 1))).toEqual([409, "bulk_action_expired"]);
  expect((await bulkActions.list()).items).toMatchObject([{ id: bulk.id, status: "expired" }]);
  expect((await api.client.runs.get(run)).status).toBe("waiting");
  await api.engine.admin.query(
    `INSERT INTO runs (id, org, project, environment, actor, actor_kind, actor_name, goal, plan_digest, engine_version, seq, status)
      SELECT gen_random_uuid(), r.org, r.project, 'dev', r.actor, r.actor_kind, r.actor_name, r.goal, r.plan_digest, 0, 1, 'waiting'
      FROM runs r, generate_series(1, 1000)`,
  );
  expect(await refusalOf(freeze({ environment: "dev" }))).toEqual([422, "bulk_too_many"]);
});

test("once confirmed it is carried out whoever dies: the server is gone before a worker is there", async () => {
  await using api = await startTestApi();
  const runs = [await submit(api), await submit(api), await submit(api)];
  const command = { action: "pause" as const, reason: "before the freeze" };
  const key = { "content-type": "application/json", "idempotency-key": "freeze-1" };
  const freeze = { method: "POST", headers: key, body: JSON.stringify({ command, filter: { environment: "dev" } }) };
  const first = (await (await api.request("/api/v1/bulk-actions", freeze)).json()) as BulkActionView;
  await submit(api);
  const again = (await (await api.request("/api/v1/bulk-actions", freeze)).json()) as BulkActionView;
  expect(again).toEqual(first);
  expect(await api.client.bulkActions.confirm(first.id, 3)).toMatchObject({
    status: "running",
    progress: { pending: 3 },
  });
  await api.app.close();
  await api.engine.startWorker();
  for (const run of runs) await api.engine.reaches(run, "paused");
  const { rows } = await api.engine.admin.query("SELECT outcome FROM inbox WHERE handled_at IS NOT NULL");
  expect(rows).toEqual(runs.map(() => ({ outcome: null })));
});

test("each command goes to the runs that it fits: pause, resume, cancel with undo, retry, undo", async () => {
  await using api = await startTestApi();
  await api.engine.startWorker();
  const ids = await submitWaiting(api, "dev", "dev");
  const tell = async (command: object, filter: object): Promise<BulkActionView> => {
    const { id, count } = await api.client.bulkActions.create({ command: command as typeof cancel, filter });
    await api.client.bulkActions.confirm(id, count);
    return done(api, id);
  };
  const all = { environment: "dev" };
  expect(await tell({ action: "pause" }, all)).toMatchObject({ count: 2, progress: { ok: 2 } });
  expect(await tell({ action: "resume" }, { runs: ids.slice(0, 1) })).toMatchObject({ count: 1 });
  await api.engine.reaches(ids[0] ?? "", "waiting");
  expect(await tell({ action: "cancel", undo: true }, all)).toMatchObject({ count: 2, progress: { ok: 2 } });
  for (const id of ids) await api.engine.reaches(id, "canceled");
  expect(await tell({ action: "retry" }, { status: ["canceled"] })).toMatchObject({ count: 2, progress: { ok: 2 } });
  for (const id of ids) await api.engine.reaches(id, "waiting");
  const { id } = await api.client.runs.create({
    runbook: "test.change",
    parameters: { to: "blue" },
    environment: "dev",
  });
  await api.engine.reaches(id, "succeeded");
  const undo = await tell({ action: "undo", reason: "all of it" }, { runbook: "test.change" });
  expect(undo).toMatchObject({ count: 1, progress: { ok: 1 } });
  await api.engine.reaches(id, "undone");
});

test("a command of somebody who was disabled before it could be carried out is refused, run by run", async () => {
  await using api = await startTestApi();
  const leaver = await api.addPerson("leaver");
  const run = await submit(api);
  const { id } = await leaver.client.bulkActions.create({ command: cancel, filter: { runs: [run] } });
  await leaver.client.bulkActions.confirm(id, 1);
  await api.engine.admin.query("UPDATE actors SET disabled_at = now() WHERE id = $1", [leaver.actor]);
  await api.engine.startWorker();
  await done(api, id);
  expect((await api.client.bulkActions.items(id)).items).toMatchObject([
    { run, result: "refused", error: { code: "actor_disabled" } },
  ]);
  await api.engine.reaches(run, "waiting");
});

test("each run is decided at its own place when its turn comes, by what its sender may then", async () => {
  await using api = await startTestApi();
  const { actor, client } = await api.addPerson("operator", { roles: ["operator"] });
  const runs = [await submit(api, "dev"), await submit(api, "staging")];
  const bulk = await client.bulkActions.create({ command: cancel, filter: { runs } });
  await client.bulkActions.confirm(bulk.id, 2);
  // Between the confirmation and the moment when somebody takes the commands up.
  await api.engine.admin.query("UPDATE role_bindings SET project = $2, environment = 'dev' WHERE actor = $1", [
    actor,
    api.project,
  ]);
  await api.engine.startWorker();
  expect(await done(api, bulk.id)).toMatchObject({ progress: { pending: 0, ok: 1, refused: 1 } });
  const { items } = await api.client.bulkActions.items(bulk.id);
  expect(Object.fromEntries(items.map(({ run, error }) => [run, error?.code ?? null]))).toEqual({
    [runs[0] ?? ""]: null,
    [runs[1] ?? ""]: "forbidden",
  });
  await api.engine.reaches(runs[0] ?? "", "canceled");
  await api.engine.reaches(runs[1] ?? "", "waiting");
});
