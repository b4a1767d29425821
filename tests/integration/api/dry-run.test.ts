import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startTestApi, type Person, type TestApi } from "../../support/api.ts";

let api: TestApi;
let approver: Person;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  approver = await api.addPerson("approver", { groups: ["approvers"] });
});
afterAll(() => api[Symbol.asyncDispose]());

const call = { runbook: "test.swap", parameters: { to: "blue" }, environment: "staging" };

const dryRun = async (rest: object = {}): Promise<string> => {
  const { id, dryRun: dry } = await api.client.runs.create({ ...call, ...rest, dryRun: true });
  expect(dry).toBe(true);
  await api.engine.reaches(id, "previewed");
  return id;
};

test("a dry run ends with the change set, policy's decision and the undo plan, and says in lists that it was one", async () => {
  const id = await dryRun();
  const run = await api.client.runs.get(id);
  expect(run).toMatchObject({ status: "previewed", dryRun: true, waiting: null, error: null });
  expect(run.steps.map(({ key, status }) => [key, status])).toEqual([
    ["before", "succeeded"],
    ["swap", "pending"],
    ["after", "pending"],
  ]);
  expect(await api.client.runs.changeSet(id)).toMatchObject({
    status: "previewed",
    expiresAt: null,
    decision: { result: "require_approval" },
    changeSet: {
      counts: { change: 1 },
      undo: { steps: [{ step: "swap", possible: true }] },
      risk: { level: "low" },
    },
  });
  const real = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  const dry = (await api.client.runs.list({ dryRun: "true" })).items.map((one) => one.id);
  expect(dry).toContain(id);
  expect(dry).not.toContain(real.id);
  expect((await api.client.runs.list({ status: "previewed" })).items[0]).toMatchObject({ id, dryRun: true });
  expect((await approver.client.approvals.list()).items.map(({ run: one }) => one)).not.toContain(id);
});

test("approving a dry run is refused with how to carry it out, and that makes a new run with its own approval", async () => {
  const id = await dryRun();
  const { hash } = await approver.client.runs.changeSet(id);
  expect(await refusalOf(approver.client.runs.approve(id, { hash }))).toEqual([409, "run_is_dry"]);
  expect(await refusalOf(approver.client.runs.reject(id, { hash, reason: "no" }))).toEqual([409, "run_is_dry"]);
  const real = await api.client.runs.real(id, {});
  expect(real).toMatchObject({ dryRun: false, origin: { kind: "dry_run", run: id, step: null }, status: "queued" });
  await api.engine.reaches(real.id, "waiting_for_approval");
  const { hash: own } = await approver.client.runs.changeSet(real.id);
  const digests = await Promise.all([id, real.id].map(async (one) => (await api.client.runs.get(one)).planDigest));
  expect(digests[0]).toBe(digests[1]);
  await approver.client.runs.approve(real.id, { hash: own });
  await api.engine.reaches(real.id, "succeeded");
});

test("only a dry run of one's own organization that came to its end is carried out, once per idempotency key", async () => {
  const id = await dryRun();
  const look = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.engine.reaches(look.id, "succeeded");
  expect(await refusalOf(api.client.runs.real(look.id, {}))).toEqual([409, "run_not_dry"]);
  const tenant = await api.addTenant("globex");
  expect(await refusalOf(tenant.client.runs.real(id, {}))).toEqual([404, "not_found"]);
  const reader = await api.addPerson("reader", { scopes: ["read"] });
  expect(await refusalOf(reader.client.runs.real(id, {}))).toEqual([403, "scope_missing"]);
  const twice = { method: "POST", body: "{}", headers: { "content-type": "application/json", "idempotency-key": "1" } };
  const answers = [];
  for (const _ of [1, 2]) answers.push(await (await api.request(`/api/v1/runs/${id}/real`, twice)).json());
  expect(answers[0]).toEqual(answers[1]);
});

test("a plan without any change is dry-run to its end, too", async () => {
  const id = await dryRun({ runbook: "test.look", parameters: {} });
  const { decision, changeSet } = await api.client.runs.changeSet(id);
  expect([decision.result, changeSet.effect, changeSet.entries]).toEqual(["allow", "reads", []]);
});
