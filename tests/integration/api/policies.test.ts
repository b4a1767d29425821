import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "@gantry/sdk/client";
import { memoryTools, refusalOf, startTestApi, type Person, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";
import { createMemoryRunner, type MemoryTool } from "../../support/memory-runner.ts";

let api: TestApi;
let owner: Person;
let guard: Person;
/** Held by a test: what looks waits for it. */
let held: Promise<void> = Promise.resolve();

beforeAll(async () => {
  api = await startTestApi();
  const tools = memoryTools.map((tool): MemoryTool =>
    tool.name === "test.look" ? { ...tool, run: ({ input }) => held.then(() => input) } : tool,
  );
  await api.engine.startWorker({ runner: createMemoryRunner(tools) });
  owner = await api.addPerson("owner", { roles: ["owner"] });
  guard = await api.addPerson("guard", { groups: ["guards"], roles: ["approver"] });
});
afterAll(() => api[Symbol.asyncDispose]());

const asksGuards = `// Who changes something asks the guards.
@id("ask-guards")
@approval("guards:1")
@reason("The guards look at every change.")
forbid (principal, action == Action::"apply", resource)
when { context.effect == "changes" }
unless { context.approved };
`;
const forbidsSwaps = `@id("no-swaps")
@reason("Nothing is swapped now.")
forbid (principal, action == Action::"tool:call", resource)
when { context.tool == "test.swap" };
`;

const change = (to = newId()) => ({ runbook: "test.change", parameters: { to }, environment: "dev" });
const swap = (to = newId(), environment = "dev") => ({ runbook: "test.swap", parameters: { to }, environment });

async function withPolicy<T>(name: string, text: string, work: () => Promise<T>, place: object = {}): Promise<T> {
  await owner.client.policies.put(name, { text }, place);
  try {
    return await work();
  } finally {
    await owner.client.policies.remove(name, place);
  }
}

test("a policy that was put decides about the next plan and run; once it is removed, nothing does", async () => {
  const before = await owner.client.plans.create(change());
  expect(before.decision.result).toBe("allow");
  await withPolicy("careful", asksGuards, async () => {
    expect((await owner.client.plans.create(change())).decision).toMatchObject({
      result: "require_approval",
      policies: ["organization/careful/ask-guards"],
      reasons: ["The guards look at every change."],
      approvals: [{ group: "guards", count: 1 }],
    });
    const { id: run } = await owner.client.runs.create(change());
    await api.engine.reaches(run, "waiting_for_approval");
    expect(await api.engine.types(run)).not.toContain("change_set.approved");
    const { hash, decision } = await owner.client.runs.changeSet(run);
    expect(decision.policies).toEqual(["organization/careful/ask-guards"]);
    await guard.client.runs.approve(run, { hash });
    await api.engine.reaches(run, "succeeded");
  });
  const { id: run } = await owner.client.runs.create(change());
  await api.engine.reaches(run, "succeeded");
  await owner.client.policies.restore("careful", { version: 1, reason: "We miss it" });
  const { id: again } = await owner.client.runs.create(change());
  await api.engine.reaches(again, "waiting_for_approval");
  await owner.client.policies.remove("careful");
});

test("a policy that is put between approval and the first change stops the step, and is named", async () => {
  await withPolicy("careful", asksGuards, async () => {
    const { id: run } = await owner.client.runs.create(swap());
    await api.engine.reaches(run, "waiting_for_approval");
    const { hash } = await owner.client.runs.changeSet(run);
    await withPolicy("halt", forbidsSwaps, async () => {
      await guard.client.runs.approve(run, { hash });
      await api.engine.reaches(run, "denied");
    });
    const events = await api.engine.events(run);
    const voided = events.find(({ type }) => type === "change_set.voided");
    expect(voided?.data).toMatchObject({ hash, reason: expect.stringContaining("organization/halt/no-swaps") });
    expect(
      events.some(({ type, data }) => type === "attempt.started" && data.operation === "run" && data.step === "swap"),
    ).toBe(false);
  });
});

test("a policy that is put while a run is under way counts for the step that starts next", async () => {
  const gate = Promise.withResolvers<void>();
  held = gate.promise;
  const { id: run } = await owner.client.runs.create(swap());
  await api.engine.until(async () => (await api.engine.types(run)).includes("attempt.started"));
  await withPolicy("halt", forbidsSwaps, async () => {
    gate.resolve();
    await api.engine.reaches(run, "denied");
  });
  expect(await api.engine.status(run)).toMatchObject({
    error: { code: "policy_denied", details: { policies: ["organization/halt/no-swaps"] } },
  });
});

test("a policy holds at its place and below, and in no other organization", async () => {
  const other = await api.addTenant("other");
  await owner.client.policies.put("halt", { text: forbidsSwaps }, { project: "default", environment: "staging" });
  const dev = (await owner.client.runs.create(swap())).id;
  const staging = (await owner.client.runs.create(swap(newId(), "staging"))).id;
  const theirs = (await other.client.runs.create(swap())).id;
  await api.engine.reaches(dev, "succeeded");
  await api.engine.reaches(theirs, "succeeded");
  await api.engine.reaches(staging, "denied");
  await owner.client.policies.remove("halt", { project: "default", environment: "staging" });
  expect((await other.client.policies.list()).items).toEqual([]);
  expect(await refusalOf(other.client.policies.get("halt"))).toEqual([404, "not_found"]);
});

test("a forbid wins over every role, in the API as well, from the next request on and on every server", async () => {
  await using second = await api.another();
  const text = `@id("no-places") forbid (principal, action == Action::"environments.create", resource) unless { context.mfa };`;
  const there = createClient({ url: second.url, key: owner.key, tries: 1 });
  const create = () =>
    there.environments.create({ name: `e${newId().slice(-6)}`, project: "default", protection: "open" });
  await create();
  await withPolicy("frozen", text, async () => expect(await refusalOf(create())).toEqual([403, "forbidden"]));
  await create();
});

test("what permits, doesn't parse, or speaks of what there isn't is refused with its place", async () => {
  const put = (text: string) => refusalOf(owner.client.policies.put("wrong", { text }));
  expect(await put(`@id("a") permit (principal, action, resource);`)).toEqual([422, "policy_permits"]);
  expect(await put(`@id("a") forbid (principal, action, resource) when { contxt.mfa };`)).toEqual([
    422,
    "policy_text_invalid",
  ]);
  const misspelt = `@id("a")\nforbid (principal, action == Action::"apply", resource)\nwhen { context.efect == "changes" };`;
  expect(await put(misspelt)).toEqual([422, "policy_text_invalid"]);
  const { problems } = await owner.client.policies.lint({ text: misspelt });
  expect(problems).toEqual([expect.objectContaining({ severity: "error", line: 3, column: 8, statement: "a" })]);
  expect((await owner.client.policies.list()).items).toEqual([]);
});

test("names that nothing in the organization has are warned of, as the place sees them, and keep nothing from being put", async () => {
  const { client } = owner;
  const other = await api.addTenant("elsewhere");
  await other.client.teams.create({ name: "theirs" });
  await client.teams.create({ name: "night-shift" });
  const text = `@id("names") @approval("guards:1")
forbid (principal, action == Action::"tool:call", resource)
when { ["test.swap", "test.swp"].contains(context.tool) && ["staging", "nowhere"].contains(resource.environment) }
unless { context.approved && principal.groups.containsAny(["night-shift", "theirs"]) };`;
  const rules = (problems: { rule: string; severity: string; message: string }[]) =>
    problems.map(
      ({ severity, rule, message }) =>
        `${severity} ${rule} ${/test\.\w+|nowhere|staging|theirs/.exec(message)?.[0] ?? ""}`,
    );
  const everywhere = ["warning unknown-tool test.swp", "warning unknown-environment nowhere"];
  const put = await client.policies.put("named", { text });
  expect(rules(put.problems)).toEqual([...everywhere, "warning unknown-group theirs"]);
  await client.policies.remove("named");
  const { problems } = await client.policies.lint({ text, project: "default", environment: "dev" });
  expect(rules(problems)).toContain("warning unknown-environment staging");
  expect(await refusalOf(client.policies.lint({ text, project: "nothing" }))).toEqual([422, "project_unknown"]);
});

test("of two who change a policy at once, the second is told; versions can be compared and restored", async () => {
  const { client } = owner;
  const first = await client.policies.put("shared", { text: forbidsSwaps, expectedVersion: 0 });
  expect(first.version).toBe(1);
  expect((await client.policies.put("shared", { text: forbidsSwaps })).version).toBe(1);
  const second = await client.policies.put("shared", { text: asksGuards, expectedVersion: 1, reason: "Softer" });
  expect(second).toMatchObject({ version: 2, reason: "Softer", statements: [{ id: "ask-guards" }] });
  expect(await refusalOf(client.policies.put("shared", { text: forbidsSwaps, expectedVersion: 1 }))).toEqual([
    409,
    "policy_changed",
  ]);
  expect(await client.policies.diff("shared")).toMatchObject({
    from: 1,
    to: 2,
    added: ["ask-guards"],
    removed: ["no-swaps"],
  });
  await client.policies.remove("shared", { expectedVersion: 2 });
  expect(await refusalOf(client.policies.get("shared"))).toEqual([404, "not_found"]);
  expect(await client.policies.restore("shared", { version: 1, reason: "Back" })).toMatchObject({
    version: 4,
    restoredFrom: 1,
  });
  expect((await client.policies.versions("shared")).items.map(({ version, removed }) => [version, removed])).toEqual([
    [4, false],
    [3, true],
    [2, false],
    [1, false],
  ]);
  await client.policies.remove("shared");
});

test("security and owners write policies; administrators read them", async () => {
  const admin = await api.addPerson("administers", { roles: ["admin"] });
  const security = await api.addPerson("secures", { roles: ["security"] });
  expect(await refusalOf(admin.client.policies.put("mine", { text: forbidsSwaps }))).toEqual([403, "forbidden"]);
  await security.client.policies.put("mine", { text: forbidsSwaps }, { project: "default" });
  await expect(admin.client.policies.get("mine", { project: "default" })).resolves.toMatchObject({
    text: forbidsSwaps,
  });
  expect(await refusalOf(admin.client.policies.remove("mine", { project: "default" }))).toEqual([403, "forbidden"]);
  await security.client.policies.remove("mine", { project: "default" });
});

test("cases are tried out on what is in force and on drafts, without anything being stored", async () => {
  const { client } = owner;
  const cases = [
    { name: "a change", plan: { effect: "changes" as const }, expect: "require_approval" as const },
    { name: "a swap", plan: { tools: [{ tool: "test.swap", effect: "changes" as const }] }, expect: "deny" as const },
    { name: "looking", plan: { action: "start" as const }, expect: "allow" as const },
    {
      name: "a freeze",
      by: { roles: ["viewer" as const] },
      call: { action: "freezes.create" },
      expect: "deny" as const,
      policies: ["default-deny"],
    },
    { name: "what there isn't", call: { action: "freezes.creat" }, expect: "deny" as const },
  ];
  const place = { project: "default", environment: "dev" };
  await withPolicy("careful", asksGuards, async () => {
    const plain = await client.policies.test({ ...place, cases });
    expect(plain.cases.map(({ passed }) => passed)).toEqual([true, false, true, true, false]);
    expect(plain.failed).toBe(2);
    const drafted = await client.policies.test({ ...place, cases, drafts: [{ name: "halt", text: forbidsSwaps }] });
    expect(drafted.cases[1]).toMatchObject({ passed: true, policies: ["environment/halt/no-swaps"] });
  });
  expect((await client.policies.list()).items).toEqual([]);
});

test("what was decided is explained: of a run by what it saw, of an action by roles and policies; the trail names it", async () => {
  const { client } = owner;
  await withPolicy("careful", asksGuards, async () => {
    const { id: run } = await client.runs.create(change());
    await api.engine.reaches(run, "waiting_for_approval");
    const explained = await client.policies.explainRun(run);
    expect(explained.decisions.map(({ about, result }) => [about, result])).toEqual([
      ["start", "allow"],
      ["run", "require_approval"],
    ]);
    expect(explained.decisions[1]?.facts).toMatchObject({ effect: "changes", environment: "dev" });
    expect(explained.policies).toContainEqual({
      id: "organization/careful/ask-guards",
      text: expect.stringContaining("context.effect") as string,
    });
    expect(explained.now).toMatchObject({ result: "require_approval", approvals: [{ group: "guards", count: 1 }] });
  });
  const text = `@id("no-places") forbid (principal, action == Action::"environments.create", resource);`;
  await withPolicy("frozen", text, async () => {
    const explained = await client.policies.explain({ action: "environments.create", project: "default" });
    expect(explained).toMatchObject({ allowed: false, policies: [{ id: "organization/frozen/no-places", text }] });
    expect(explained.facts).toMatchObject({ actor: "owner", roles: ["owner"], project: "default" });
    const create = client.environments.create({ name: "more", project: "default", protection: "open" });
    expect(await refusalOf(create)).toEqual([403, "forbidden"]);
    const { rows } = await api.engine.admin.query(
      "SELECT details FROM audit_records WHERE action = 'environments.create' AND result = 'denied' ORDER BY at DESC LIMIT 1",
    );
    expect(rows[0]?.details).toMatchObject({ policies: ["organization/frozen/no-places"] });
  });
  const viewer = await client.policies.explain({ action: "environments.create", actor: guard.actor });
  expect(viewer).toMatchObject({ allowed: false, policies: [{ id: "default-deny", text: null }] });
});
