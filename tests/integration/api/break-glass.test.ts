import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Digest } from "@gantry/sdk";
import { refusalOf, startTestApi, type Person, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";

let api: TestApi;
let guard: Person;
beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  guard = await api.addPerson("on call", { roles: ["security"] });
});
afterAll(() => api[Symbol.asyncDispose]());

const sql = (text: string, values: unknown[] = []) => api.engine.admin.query(text, values);
const at = { project: "default", environment: "staging" };
const reason = "Checkout is down and nobody answers";
const look = (environment = "staging") => ({ runbook: "test.look", environment });
const records = async (actor: string, action: string) =>
  (
    await sql(
      "SELECT details, reason FROM audit_records WHERE actor ->> 'id' = $1 AND action = $2 AND result = 'allowed' ORDER BY at",
      [actor, action],
    )
  ).rows as { details: Record<string, unknown> | null; reason: string | null }[];

test("somebody takes a role at a place, everybody hears of it, each action says so, and it ends", async () => {
  await api.client.subscriptions.create({
    name: "everybody",
    destination: { channel: "slack-webhook", url: { $secret: "hook" } },
  });
  expect(await refusalOf(guard.client.runs.create(look()))).toEqual([403, "forbidden"]);
  const opened = await guard.client.breakGlass.open({ ...at, reason });
  expect(opened).toMatchObject({ role: "operator", ...at, reason, proof: null, open: true, review: null });
  expect(Date.parse(opened.expiresAt) - Date.parse(opened.openedAt)).toBe(3_600_000);

  await guard.client.runs.create(look());
  expect(await refusalOf(guard.client.runs.create(look("dev")))).toEqual([403, "forbidden"]);
  expect((await guard.client.me.get()).breakGlass).toMatchObject([{ id: opened.id, role: "operator", ...at }]);
  expect(await records(guard.actor, "breakGlass.open")).toMatchObject([{ reason, details: { role: "operator" } }]);
  expect(await records(guard.actor, "runs.create")).toMatchObject([{ details: { breakGlass: [opened.id] } }]);

  const other = await api.addPerson("colleague", { roles: ["operator", "approver"] });
  expect(await refusalOf(other.client.breakGlass.review(opened.id, { comment: "fine" }))).toEqual([
    409,
    "break_glass_refused",
  ]);
  expect(await other.client.breakGlass.end(opened.id)).toMatchObject({
    open: false,
    ended: { by: { name: "colleague" } },
  });
  expect(await refusalOf(guard.client.runs.create(look()))).toEqual([403, "forbidden"]);
  expect(await refusalOf(guard.client.breakGlass.review(opened.id, { comment: "mine" }))).toEqual([
    409,
    "break_glass_refused",
  ]);
  await other.client.breakGlass.review(opened.id, { comment: "one run, which only looked" });
  expect((await api.client.breakGlass.list({ open: "false" })).items).toMatchObject([
    { id: opened.id, review: { by: { name: "colleague" }, comment: "one run, which only looked" } },
  ]);
  const told = (await api.client.deliveries.list({ subscription: "everybody" })).items;
  expect(told.map(({ kind }) => kind)).toEqual(["break_glass.opened"]);
  expect(told[0]?.sentence).toContain(reason);
});

describe("break-glass is refused", () => {
  test("without a role that may, without a reason, for longer than four hours, and to programs", async () => {
    const viewer = await api.addPerson("viewer", { roles: ["viewer", "approver", "author"] });
    expect(await refusalOf(viewer.client.breakGlass.open({ ...at, reason }))).toEqual([403, "forbidden"]);
    const open = (more: object) => refusalOf(guard.client.breakGlass.open({ ...at, reason, ...more }));
    expect(await open({ reason: "oops        " })).toEqual([400, "invalid_request"]);
    expect(await open({ minutes: 241 })).toEqual([400, "invalid_request"]);
    expect(await open({ role: "admin" })).toEqual([400, "invalid_request"]);
    const robot = await api.addPerson("robot", { roles: ["owner"] });
    await sql("UPDATE actors SET kind = 'service' WHERE id = $1", [robot.actor]);
    expect(await refusalOf(robot.client.breakGlass.open({ ...at, reason }))).toEqual([409, "break_glass_refused"]);
  });

  test("by what was itself taken by break-glass, so that nobody prolongs it without a role", async () => {
    const { actor, client } = await api.addPerson("for now", { roles: ["security"] });
    await client.breakGlass.open({ ...at, reason });
    await sql("UPDATE role_bindings SET role = 'viewer' WHERE actor = $1", [actor]);
    await client.runs.create(look());
    expect(await refusalOf(client.breakGlass.open({ ...at, reason }))).toEqual([403, "forbidden"]);
  });

  test("without a second factor where approvals want one", async () => {
    await sql(
      `INSERT INTO environments (org, project, name, protection, approval_mfa) VALUES ($1, $2, 'careful', 'guarded', true)`,
      [api.org, api.project],
    );
    const careful = { project: "default", reason };
    expect(await refusalOf(guard.client.breakGlass.open({ ...careful, environment: "careful" }))).toEqual([
      403,
      "mfa_required",
    ]);
    expect(await refusalOf(guard.client.breakGlass.open(careful))).toEqual([403, "mfa_required"]);
  });
});

test("it is over when its time is, and when a role is taken from who opened it", async () => {
  const { actor, client } = await api.addPerson("demoted", { roles: ["security", "viewer"] });
  const first = await client.breakGlass.open({ ...at, reason });
  await sql("UPDATE break_glass SET opened_at = opened_at - interval '2 hours', expires_at = now() WHERE id = $1", [
    first.id,
  ]);
  expect(await refusalOf(client.runs.create(look()))).toEqual([403, "forbidden"]);
  const second = await client.breakGlass.open({ ...at, reason });
  await client.runs.create(look());
  await sql("DELETE FROM role_bindings WHERE actor = $1 AND role = 'security'", [actor]);
  expect(await refusalOf(client.runs.create(look()))).toEqual([403, "forbidden"]);
  const all = (await api.client.breakGlass.list()).items;
  expect(all.find(({ id }) => id === second.id)).toMatchObject({ open: false, ended: { by: null } });
});

test("it lifts no policy that forbids", async () => {
  const policy = newId();
  const text = `@id("quiet") forbid (principal, action == Action::"runs.create", resource) when { resource.environment == "quiet" };`;
  await sql("INSERT INTO environments (org, project, name, protection) VALUES ($1, $2, 'quiet', 'open')", [
    api.org,
    api.project,
  ]);
  await sql("INSERT INTO policies (id, org, name, version) VALUES ($1, $2, 'quiet', 1)", [policy, api.org]);
  await sql("INSERT INTO policy_versions (org, policy, version, text, actor) VALUES ($1, $2, 1, $3, '{}')", [
    api.org,
    policy,
    text,
  ]);
  await guard.client.breakGlass.open({ project: "default", environment: "quiet", reason });
  expect(await refusalOf(guard.client.runs.create(look("quiet")))).toEqual([403, "forbidden"]);
});

describe("who stands in for approvers", () => {
  const waiting = async (by: Person): Promise<{ run: string; hash: Digest }> => {
    const { id: run } = await by.client.runs.create({
      runbook: "test.swap",
      parameters: { to: newId() },
      environment: "staging",
    });
    await api.engine.reaches(run, "waiting_for_approval");
    return { run, hash: (await by.client.runs.changeSet(run)).hash };
  };

  test("approves another's change, as the second pair of eyes", async () => {
    const requester = await api.addPerson("requester");
    const standIn = await api.addPerson("stand-in", { roles: ["security"] });
    const { run, hash } = await waiting(requester);
    expect(await refusalOf(standIn.client.runs.approve(run, { hash }))).toEqual([403, "forbidden"]);
    const opened = await standIn.client.breakGlass.open({ ...at, reason, role: "approver" });
    await standIn.client.runs.approve(run, { hash });
    await api.engine.reaches(run, "succeeded");
    expect(await records(standIn.actor, "runs.approve")).toMatchObject([{ details: { breakGlass: [opened.id] } }]);
  });

  test("doesn't approve their own", async () => {
    const both = await api.addPerson("alone", { roles: ["operator"] });
    const { run, hash } = await waiting(both);
    await both.client.breakGlass.open({ ...at, reason, role: "approver" });
    expect(await refusalOf(both.client.runs.approve(run, { hash }))).toEqual([403, "requester_cannot_approve"]);
  });

  test("doesn't count any more where it ended before the change began", async () => {
    const requester = await api.addPerson("asks");
    const standIn = await api.addPerson("ended", { roles: ["security"] });
    const { run, hash } = await waiting(requester);
    const { id } = await standIn.client.breakGlass.open({ ...at, reason, role: "approver" });
    const holds = async () => (await sql("SELECT approvals_hold($1, $2) AS yes", [run, hash])).rows[0]?.yes as boolean;
    await sql(`INSERT INTO approvals (org, run_id, hash, actor, "group") VALUES ($1, $2, $3, $4, 'approvers')`, [
      api.org,
      run,
      hash,
      standIn.actor,
    ]);
    expect(await holds()).toBe(true);
    await requester.client.breakGlass.end(id);
    expect(await holds()).toBe(false);
  });
});
