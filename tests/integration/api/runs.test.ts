import { expect, test } from "vitest";
import { refusalOf, startTestApi } from "../../support/api.ts";

test("a run of a runbook goes through to its end, and its detail is the fold of its events", async () => {
  await using api = await startTestApi();
  await api.engine.startWorker();
  const created = await api.client.runs.create({
    runbook: "test.look",
    parameters: { at: "there" },
    environment: "dev",
  });
  expect(created).toMatchObject({ status: "queued", project: "default", environment: "dev", runbook: "test.look" });
  await api.engine.reaches(created.id, "succeeded");

  const run = await api.client.runs.get(created.id);
  expect(run).toMatchObject({
    status: "succeeded",
    phase: "done",
    waiting: null,
    requester: { name: "administrator" },
  });
  expect(run.steps).toHaveLength(1);
  expect(run.steps[0]).toMatchObject({
    key: "look",
    tool: "test.look",
    effect: "reads",
    status: "succeeded",
    output: { at: "there" },
  });
  expect(run.steps[0]?.attempts).toMatchObject([{ operation: "run", number: 1, status: "succeeded" }]);
  const { events, more } = await api.client.runs.events(created.id);
  expect(events.at(-1)?.type).toBe("run.finished");
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(more).toBe(false);
  expect((await api.client.runs.plan(created.id)).steps.map(({ id }) => id)).toEqual(["look"]);
});

test("a run that is read again and again never shows what it was: not its events, its project's name, or what was made of it", async () => {
  await using api = await startTestApi();
  const { id } = await api.client.runs.create({ runbook: "test.look", parameters: {}, environment: "dev" });
  const read = async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => api.client.runs.get(id)));
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
    return all[0];
  };
  expect(await read()).toMatchObject({ status: "queued", project: "default", derived: [] });

  await api.engine.admin.query("UPDATE projects SET name = 'renamed' WHERE id = $1", [api.project]);
  expect(await read()).toMatchObject({ status: "queued", project: "renamed" });

  await api.engine.startWorker();
  await api.engine.reaches(id, "succeeded");
  expect(await read()).toMatchObject({ status: "succeeded", steps: [{ status: "succeeded" }] });

  const fork = await api.client.runs.fork(id, { from: "look" });
  expect(await read()).toMatchObject({ derived: [{ id: fork.id, status: expect.any(String) as string }] });
  await api.engine.reaches(fork.id, "succeeded");
  expect(await read()).toMatchObject({ derived: [{ id: fork.id, status: "succeeded" }] });

  const stranger = await api.addTenant("other");
  expect(await refusalOf(stranger.client.runs.get(id))).toEqual([404, "not_found"]);
});

test("a change in a guarded environment waits for somebody else's approval and goes on with it", async () => {
  await using api = await startTestApi();
  await api.engine.startWorker();
  const requester = await api.addPerson("requester", { groups: ["approvers"] });
  const approver = await api.addPerson("approver", { groups: ["approvers"] });
  const outsider = await api.addPerson("outsider");
  const { id } = await requester.client.runs.create({
    runbook: "test.change",
    parameters: { to: "blue" },
    environment: "staging",
  });
  await api.engine.reaches(id, "waiting_for_approval");
  const { hash, changeSet } = await approver.client.runs.changeSet(id);
  expect(changeSet.entries.map(({ step }) => step)).toEqual(["change"]);
  const { items } = await approver.client.approvals.list();
  expect(items).toMatchObject([{ run: id, hash, mine: true, needed: [{ group: "approvers", count: 1 }], given: [] }]);
  expect((await requester.client.approvals.list()).items[0]?.mine).toBe(false);

  expect(await refusalOf(requester.client.runs.approve(id, { hash }))).toEqual([403, "requester_cannot_approve"]);
  expect(await refusalOf(outsider.client.runs.approve(id, { hash }))).toEqual([403, "not_an_approver"]);
  const old = `sha256:${"0".repeat(64)}`;
  expect(await refusalOf(approver.client.runs.approve(id, { hash: old }))).toEqual([409, "change_set_stale"]);

  expect(await approver.client.runs.approve(id, { hash })).toMatchObject({ status: "done", run: id });
  await api.engine.reaches(id, "succeeded");
  const run = await approver.client.runs.get(id);
  expect(run.changeSets).toMatchObject([{ hash, status: "approved", approvals: [{ actor: { name: "approver" } }] }]);
  expect(await refusalOf(approver.client.runs.approve(id, { hash }))).toEqual([409, "change_set_stale"]);
});

test("one person's second approval is refused where two are needed", async () => {
  await using api = await startTestApi();
  const approver = await api.addPerson("approver", { groups: ["approvers"] });
  const plan = {
    format: 1 as const,
    goal: "wait for two",
    runbook: null,
    parameters: {},
    environment: "dev",
    onFailure: "stop" as const,
    tools: [],
    steps: [{ id: "gate", kind: "wait" as const, for: { kind: "approval" as const, group: "approvers", count: 2 } }],
  };
  await api.engine.startWorker();
  const { id } = await api.client.runs.create({ plan });
  await api.engine.reaches(id, "waiting_for_approval");
  const { hash } = await approver.client.runs.changeSet(id);
  await approver.client.runs.approve(id, { hash });
  expect(await refusalOf(approver.client.runs.approve(id, { hash }))).toEqual([409, "already_approved"]);
});

test("a command that no worker takes is accepted, and the owner's refusal is the answer where one does", async () => {
  await using api = await startTestApi({ config: { verdictMs: 100 } });
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  expect(await api.client.runs.pause(id, {})).toMatchObject({ status: "accepted" });
  await api.engine.startWorker();
  await api.engine.reaches(id, "paused");
  await using patient = await startTestApi();
  await patient.engine.startWorker();
  const done = await patient.client.runs.create({ runbook: "test.look", environment: "dev" });
  await patient.engine.reaches(done.id, "succeeded");
  expect((await refusalOf(patient.client.runs.pause(done.id, {})))[0]).toBe(409);
});

test("the list filters and pages by opaque cursors that belong to their list and filter", async () => {
  await using api = await startTestApi();
  const ids: string[] = [];
  for (const environment of ["dev", "staging", "dev", "dev"]) {
    ids.unshift((await api.client.runs.create({ runbook: "test.look", environment })).id);
  }
  const first = await api.client.runs.list({ limit: 3 });
  expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 3));
  const second = await api.client.runs.list({ limit: 3, cursor: first.next ?? "" });
  expect(second.items.map(({ id }) => id)).toEqual(ids.slice(3));
  expect(second.next).toBeNull();
  expect((await api.client.runs.list({ environment: "staging" })).items.map(({ id }) => id)).toEqual([ids[2]]);
  expect((await api.client.runs.list({ status: "failed" })).items).toEqual([]);
  const foreign = api.client.runs.list({ limit: 3, environment: "dev", cursor: first.next ?? "" });
  expect(await refusalOf(foreign)).toEqual([400, "cursor_invalid"]);
  const forged = `${Buffer.from('{"createdAt":"2000-01-01","id":"x"}').toString("base64url")}.AAAA`;
  expect(await refusalOf(api.client.runs.list({ cursor: forged }))).toEqual([400, "cursor_invalid"]);
});

test("runs are found by several statuses, words of the goal, the beginning of the id, requester, time and runbook, in four orders", async () => {
  await using api = await startTestApi();
  const colleague = await api.addPerson("colleague", { scopes: ["read", "run"], roles: ["operator"] });
  const make = async (goal: string, client = api.client, dryRun = false) =>
    (await client.runs.create({ runbook: "test.look", environment: "dev", goal, dryRun })).id;
  const first = await make("Look 100% there");
  const second = await make("look at the 100 others", colleague.client);
  const third = await make("something else", api.client, true);
  const { runs } = api.client;
  const find = async (query: Parameters<typeof runs.list>[0]) => (await runs.list(query)).items.map(({ id }) => id);

  expect(await find({ text: "LOOK" })).toEqual([second, first]);
  expect(await find({ text: "100%" })).toEqual([first]);
  expect(await find({ text: second.toUpperCase() })).toEqual([second]);
  expect(await find({ requester: "colleague" })).toEqual([second]);
  expect(await find({ requester: colleague.actor })).toEqual([second]);
  expect(await find({ runbook: "test.look", dryRun: "true" })).toEqual([third]);
  expect(await find({ runbook: "test" })).toEqual([]);
  const { createdAt } = await runs.get(second);
  expect(await find({ createdAfter: new Date(Date.parse(createdAt) + 1).toISOString() })).toEqual([third]);
  expect(await find({ createdBefore: createdAt })).toEqual([first]);
  expect(await find({ sort: "created" })).toEqual([first, second, third]);
  expect(await find({ sort: "-finished" })).toEqual([]);

  await api.engine.startWorker();
  const ended = [second, first, third];
  for (const id of ended) await api.engine.reaches(id, id === third ? "previewed" : "succeeded");
  const times = (await runs.list({ sort: "finished" })).items.map(({ finishedAt }) => finishedAt ?? "");
  expect(times).toHaveLength(3);
  expect(times).toEqual(times.toSorted());
  const pages = [await runs.list({ sort: "-finished", limit: 2 })];
  pages.push(await runs.list({ sort: "-finished", limit: 2, cursor: pages[0]?.next ?? "" }));
  expect(pages.flatMap(({ items }) => items.map(({ finishedAt }) => finishedAt))).toEqual(times.toReversed());
  const other = runs.list({ sort: "finished", limit: 2, cursor: pages[0]?.next ?? "" });
  expect(await refusalOf(other)).toEqual([400, "cursor_invalid"]);

  await api.engine.admin.query("UPDATE runs SET status = 'waiting', finished_at = NULL WHERE id = $1", [first]);
  expect(await find({ status: "succeeded" })).toEqual([second]);
  expect(await find({ status: "previewed,succeeded" })).toEqual([third, second]);
  expect(await find({ status: "running,waiting" })).toEqual([first]);
  expect(await find({ status: "previewed,waiting" })).toEqual([third, first]);
  expect(await refusalOf(runs.list({ status: "succeeded,great" }))).toEqual([400, "invalid_request"]);
  await api.engine.admin.query("UPDATE runs SET parent = $2, parent_step = 'one' WHERE id = $1", [second, third]);
  expect(await find({ subRuns: "false" })).toEqual([third, first]);
});

test("everybody keeps small things of their own, which nobody else sees and which go with them", async () => {
  await using api = await startTestApi();
  const { me } = api.client;
  expect(await me.preferences()).toEqual({ preferences: {} });
  const saved = [{ name: "Mine that failed", search: "status=failed" }];
  expect(await me.setPreference("searches", saved)).toEqual({ preferences: { searches: saved } });
  await me.setPreference("theme", "dark");
  expect(await me.setPreference("theme", null)).toEqual({ preferences: { searches: saved } });
  const colleague = await api.addPerson("colleague", { scopes: ["read"], roles: ["viewer"] });
  expect(await colleague.client.me.preferences()).toEqual({ preferences: {} });
  expect(await colleague.client.me.setPreference("theme", "light")).toEqual({ preferences: { theme: "light" } });
  expect(await me.preferences()).toEqual({ preferences: { searches: saved } });

  expect(await refusalOf(me.setPreference("long", "x".repeat(20_000)))).toEqual([400, "invalid_request"]);
  for (let n = 1; n < 50; n += 1) await me.setPreference(`n${n}`, n);
  expect(await refusalOf(me.setPreference("one-more", 1))).toEqual([400, "invalid_request"]);
  expect(Object.keys((await me.preferences()).preferences)).toHaveLength(50);
});

test("what doesn't fit is refused with everything that is wrong, and nothing is created", async () => {
  await using api = await startTestApi();
  const { runs } = api.client;
  expect(await refusalOf(runs.create({ runbook: "test.nothing", environment: "dev" }))).toEqual([
    404,
    "runbook_unknown",
  ]);
  expect(await refusalOf(runs.create({ runbook: "test.change", environment: "dev" }))).toEqual([
    422,
    "parameters_invalid",
  ]);
  expect(await refusalOf(runs.create({ runbook: "test.look", environment: "moon" }))).toEqual([
    422,
    "environment_unknown",
  ]);
  expect(await refusalOf(runs.create({ runbook: "test.look", environment: "dev", project: "none" }))).toEqual([
    422,
    "project_unknown",
  ]);
  expect(await refusalOf(runs.create({ runbook: "test.look", environment: "dev", extra: 1 } as never))).toEqual([
    400,
    "invalid_request",
  ]);
  expect(await refusalOf(runs.get("not-a-uuid"))).toEqual([400, "invalid_request"]);
  const step = { id: "a", kind: "tool", agent: "test", tool: "test.look", input: {} };
  const plan = {
    format: 1,
    goal: "g",
    runbook: null,
    parameters: {},
    environment: "dev",
    onFailure: "stop",
    tools: [],
  };
  const cyclic = {
    ...plan,
    steps: [
      { ...step, after: ["b"] },
      { ...step, id: "b", after: ["a"] },
    ],
  };
  expect(await refusalOf(runs.create({ plan: cyclic } as never))).toEqual([422, "plan_cyclic"]);
  expect((await runs.list()).items).toEqual([]);
});

test("names with NUL or half a surrogate pair are refused by name, and parameters may hold them", async () => {
  await using api = await startTestApi();
  for (const goal of ["a\0b", "a\ud800b"]) {
    expect(await refusalOf(api.client.runs.create({ runbook: "test.look", environment: "dev", goal }))).toEqual([
      422,
      "invalid_text",
    ]);
    expect(await refusalOf(api.client.actors.create({ name: goal }))).toEqual([422, "invalid_text"]);
  }
  const at = "\0\ud800 \u202e😀";
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev", parameters: { at } });
  expect((await api.client.runs.plan(id)).parameters).toEqual({ at });
});

test("making a plan shows it with what policy would say, and runs nothing", async () => {
  await using api = await startTestApi();
  const call = { runbook: "test.change", parameters: { to: "blue" } };
  const open = await api.client.plans.create({ ...call, environment: "dev" });
  expect(open.decision.result).toBe("allow");
  expect(open.plan.steps.map(({ id }) => id)).toEqual(["change"]);
  const guarded = await api.client.plans.create({ ...call, environment: "staging" });
  expect(guarded.decision).toMatchObject({ result: "require_approval", approvals: [{ group: "approvers", count: 1 }] });
  expect((await api.client.runs.list()).items).toEqual([]);
});

test("a plan keeps the runbook that it names where it really is of it, and no other one does", async () => {
  await using api = await startTestApi();
  const { plan } = await api.client.plans.create({
    runbook: "test.change",
    parameters: { to: "blue" },
    environment: "dev",
  });
  const submitted = async (given: typeof plan) =>
    (await api.client.runs.get((await api.client.runs.create({ plan: given })).id)).runbook;
  expect(await submitted(plan)).toBe("test.change");
  const [step] = plan.steps;
  const edited = { ...plan, steps: [{ ...step, input: { to: "red" } }] } as typeof plan;
  expect(await submitted(edited)).toBeNull();
  expect(await submitted({ ...plan, runbook: { name: "test.look", version: "1.0.0" } })).toBeNull();
  expect(await submitted({ ...plan, runbook: { name: "test.nothing", version: "9.9.9" } })).toBeNull();
});
