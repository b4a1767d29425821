import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startTestApi, type Person, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";

let api: TestApi;
let owner: Person;
let approver: Person;
/** Of the group that settings name. */
let data: Person[];

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  owner = await api.addPerson("owner", { roles: ["owner"] });
  approver = await api.addPerson("approver", { groups: ["approvers"], roles: ["approver"] });
  data = [await api.addPerson("first", { groups: ["data"] }), await api.addPerson("second", { groups: ["data"] })];
});
afterAll(() => api[Symbol.asyncDispose]());

const change = (environment: string) => ({ runbook: "test.change", parameters: { to: newId() }, environment });
const two = { group: "data", count: 2 };

async function waiting(environment: string) {
  const { id: run } = await owner.client.runs.create(change(environment));
  await api.engine.reaches(run, "waiting_for_approval");
  return { run, ...(await owner.client.runs.changeSet(run)) };
}

test("an environment wants so many of a group for every change, also where it is open, and says that its settings do", async () => {
  expect((await owner.client.plans.create(change("dev"))).decision.result).toBe("allow");
  const now = await owner.client.approvals.configure({ environment: "dev", approvers: two });
  expect(now).toMatchObject({ approvers: two, inherits: ["mfa", "escalation"] });
  const planned = await owner.client.plans.create(change("dev"));
  expect(planned.decision).toMatchObject({
    result: "require_approval",
    policies: ["environment/approval-settings"],
    approvals: [two],
  });

  const { run, hash, decision } = await waiting("dev");
  expect(decision.reasons).toEqual(["The approval settings want 2 of data for changes in dev."]);
  const [first, second] = data as [Person, Person];
  expect(await refusalOf(approver.client.runs.approve(run, { hash }))).toEqual([403, "not_an_approver"]);
  await first.client.runs.approve(run, { hash });
  expect(await refusalOf(first.client.runs.approve(run, { hash }))).toEqual([409, "already_approved"]);
  expect((await api.engine.status(run)).status).toBe("waiting_for_approval");
  await second.client.runs.approve(run, { hash });
  await api.engine.reaches(run, "succeeded");

  const looked = await owner.client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.engine.reaches(looked.id, "succeeded");
  await owner.client.approvals.configure({ environment: "dev", approvers: "default" });
  const again = await owner.client.runs.create(change("dev"));
  await api.engine.reaches(again.id, "succeeded");
});

test("settings add to what policies ask for and take nothing away from it; of one group the greater number counts", async () => {
  const approvalsOf = async () =>
    (await owner.client.plans.create(change("staging"))).decision.approvals.toSorted((a, b) =>
      a.group.localeCompare(b.group),
    );
  const one = { group: "approvers", count: 1 };
  expect(await approvalsOf()).toEqual([one]);
  await owner.client.approvals.configure({ environment: "staging", approvers: two });
  expect(await approvalsOf()).toEqual([one, two]);
  await owner.client.approvals.configure({ environment: "staging", approvers: { group: "approvers", count: 3 } });
  expect(await approvalsOf()).toEqual([{ group: "approvers", count: 3 }]);
  await owner.client.approvals.configure({ environment: "staging", approvers: null });
  expect(await approvalsOf()).toEqual([one]);
});

test("a group that nobody is in, or too few, is taken, and said to be so", async () => {
  const { approvals } = owner.client;
  const nobody = { group: "nobodies", count: 1 };
  const escalation = { group: "on-call", afterMinutes: 5 };
  const said = await approvals.configure({ environment: "staging", approvers: nobody, escalation });
  expect(said.approvers).toEqual(nobody);
  expect(said.warnings).toEqual([
    "Nobody is in the group nobodies, of which 1 must approve: no change can be approved.",
    "Nobody is in the group on-call: nobody is told when nobody decides.",
  ]);
  await approvals.configure({ environment: "staging", approvers: { group: "data", count: 3 }, escalation: null });
  expect((await approvals.settings({ environment: "staging" })).warnings).toEqual([
    "Only 2 people are in the group data, of which 3 must approve: no change can be approved.",
  ]);
  expect((await approvals.configure({ environment: "staging", approvers: two })).warnings).toEqual([]);
  expect((await approvals.setDefaults({ approvers: nobody })).warnings).toHaveLength(1);
  expect((await approvals.setDefaults({ approvers: null })).warnings).toEqual([]);
  await approvals.configure({ environment: "staging", approvers: "default", escalation: "default" });
});

test("what the organization wants holds where an environment says nothing, in those that are made later too", async () => {
  await owner.client.approvals.setDefaults({ approvers: two });
  await owner.client.environments.create({ name: "later", project: "default", protection: "open" });
  const said = await owner.client.approvals.settings({ environment: "later" });
  expect(said).toMatchObject({ approvers: two, inherits: ["mfa", "escalation", "approvers"] });
  expect((await waiting("later")).decision.policies).toContain("organization/approval-settings");
  await owner.client.approvals.configure({ environment: "dev", approvers: null });
  const { id: run } = await owner.client.runs.create(change("dev"));
  await api.engine.reaches(run, "succeeded");
  await owner.client.approvals.configure({ environment: "dev", approvers: "default" });
  await owner.client.approvals.setDefaults({ approvers: null });
});

test("an approval of what was asked for before more was wanted begins nothing", async () => {
  const { run, hash } = await waiting("staging");
  await owner.client.approvals.configure({ environment: "staging", approvers: two });
  await approver.client.runs.approve(run, { hash });
  await api.engine.until(async () => (await api.engine.types(run)).includes("change_set.voided"));
  await api.engine.reaches(run, "waiting_for_approval");
  const anew = await owner.client.runs.changeSet(run);
  expect(anew.hash).not.toBe(hash);
  expect(anew.decision.approvals).toContainEqual(two);
  await owner.client.approvals.configure({ environment: "staging", approvers: null });
});

test("the settings of an environment that was removed are not those of another of its name", async () => {
  const here = { name: "brief", project: "default", protection: "open" as const };
  await owner.client.environments.create(here);
  await owner.client.approvals.configure({ environment: "brief", approvers: two });
  expect((await owner.client.plans.create(change("brief"))).decision.result).toBe("require_approval");
  await owner.client.environments.remove("default", "brief");
  await owner.client.environments.create(here);
  expect((await owner.client.plans.create(change("brief"))).decision.result).toBe("allow");
  expect((await waiting("brief")).decision.policies).toEqual(["approve-changes"]);
});

test("nobody but who sets places up says so, and only of a group and a number that there can be", async () => {
  const configure = (by: Person, approvers: { group: string; count: number }) =>
    refusalOf(by.client.approvals.configure({ environment: "dev", approvers }));
  expect(await configure(approver, two)).toEqual([403, "forbidden"]);
  expect(await configure(owner, { group: "data", count: 0 })).toEqual([400, "invalid_request"]);
  expect(await configure(owner, { group: 'data") permit (', count: 1 })).toEqual([400, "invalid_request"]);
});
