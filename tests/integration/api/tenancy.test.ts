import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "@gantry/sdk/client";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({ config: { firstQuotas: { projects: 2 } } });
});

afterAll(() => api[Symbol.asyncDispose]());

const client = (key: string) => createClient({ url: api.url, key, tries: 1 });

test("the nearest variable wins, and says where it is from", async () => {
  const { variables } = api.client;
  await variables.put("region", "eu-west-1");
  await variables.put("region", "eu-central-1", { project: "default" });
  await variables.put("region", "us-east-1", { project: "default", environment: "prod" });
  expect(await variables.get("region")).toMatchObject({ value: "eu-west-1", project: null });
  expect(await variables.get("region", { project: "default", environment: "dev" })).toMatchObject({
    value: "eu-central-1",
    project: "default",
    environment: null,
  });
  expect(await variables.get("region", { project: "default", environment: "prod" })).toMatchObject({
    value: "us-east-1",
    environment: "prod",
  });
  await variables.remove("region", { project: "default", environment: "prod" });
  expect(await variables.get("region", { project: "default", environment: "prod" })).toMatchObject({
    value: "eu-central-1",
  });
  expect((await variables.list()).items.map(({ value }) => value)).toEqual(["eu-west-1", "eu-central-1"]);
  expect(await refusalOf(variables.get("zone"))).toEqual([404, "not_found"]);
});

test("a project is removed with what belongs to it, its name is free again, and its runs stay", async () => {
  const { projects, environments, variables, connections, runs } = api.client;
  const shop = await projects.create({ name: "shop" });
  expect(await refusalOf(projects.create({ name: "shop" }))).toEqual([409, "name_taken"]);
  await environments.create({ project: "shop", name: "dev", protection: "open", pool: "nobody" });
  await variables.put("region", "eu", { project: "shop", environment: "dev" });
  await connections.put("hub", { kind: "registry" }, { project: "shop" });
  const run = await runs.create({ runbook: "test.look", project: "shop", environment: "dev", parameters: {} });
  expect(await projects.get("shop")).toMatchObject({ environments: ["dev"], liveRuns: 1 });
  expect(await refusalOf(projects.remove("shop"))).toEqual([409, "place_in_use"]);
  expect(await refusalOf(environments.remove("shop", "dev"))).toEqual([409, "place_in_use"]);

  await api.engine.admin.query("UPDATE runs SET finished_at = now(), status = 'canceled' WHERE id = $1", [run.id]);
  await projects.rename("shop", "store");
  expect(await environments.edit("store", "dev", { protection: "strict" })).toMatchObject({
    protection: "strict",
    pool: "nobody",
  });
  await projects.remove("store");
  expect(await refusalOf(projects.get("store"))).toEqual([404, "not_found"]);
  expect((await projects.list()).items.map(({ name }) => name)).toEqual(["default"]);
  expect((await connections.list()).items).toEqual([]);
  expect((await variables.list()).items.filter(({ project }) => project === "store")).toEqual([]);
  expect(await runs.get(run.id)).toMatchObject({ project: "store", environment: "dev" });
  expect((await projects.create({ name: "store" })).id).not.toBe(shop.id);
});

test("nobody gives more than they have, also not by a team or by somebody else's key", async () => {
  const { roles, teams, actors } = api.client;
  const owner = (await api.client.me.get()).actor;
  const lead = await api.addPerson("team lead", { roles: [] });
  const admin = await api.addPerson("administers", { roles: ["admin"] });
  const member = await api.addPerson("new colleague", { roles: [] });
  const forbidden = [403, "forbidden"];
  expect(await refusalOf(lead.client.roles.grant({ role: "viewer", actor: member.actor }))).toEqual(forbidden);
  await roles.grant({ role: "admin", actor: lead.actor, project: "default" });
  await lead.client.roles.grant({ role: "operator", actor: member.actor, project: "default", environment: "dev" });
  expect(await refusalOf(lead.client.roles.grant({ role: "operator", actor: member.actor }))).toEqual(forbidden);
  expect(await refusalOf(lead.client.roles.grant({ role: "owner", actor: lead.actor, project: "default" }))).toEqual([
    403,
    "role_beyond_own",
  ]);
  expect(await refusalOf(admin.client.apiKeys.create({ actor: owner.id, scopes: ["admin"] }))).toEqual([
    403,
    "role_beyond_own",
  ]);
  expect(await refusalOf(admin.client.actors.disable(owner.id))).toEqual([403, "role_beyond_own"]);

  await teams.create({ name: "owners" });
  await roles.grant({ role: "owner", team: "owners" });
  expect(await refusalOf(admin.client.teams.addMember("owners", admin.actor))).toEqual([403, "role_beyond_own"]);
  await teams.addMember("owners", member.actor);
  expect((await actors.get(member.actor)).teams).toEqual(["owners"]);
  expect((await member.client.me.get()).actor.groups).toContain("owners");
  expect((await roles.list({ actor: member.actor })).items.map(({ role }) => role)).toEqual(["owner", "operator"]);
  await teams.remove("owners");
  expect((await actors.get(member.actor)).teams).toEqual([]);
});

test("the last owner stays, whichever way somebody tries; a disabled actor's keys end at once", async () => {
  const { actors, roles, teams } = api.client;
  const me = (await api.client.me.get()).actor.id;
  const own = (await roles.list({ actor: me })).items.find(({ role }) => role === "owner");
  const binding = own?.id ?? "";
  expect(await refusalOf(roles.revoke(binding))).toEqual([409, "last_owner"]);
  expect(await refusalOf(actors.disable(me))).toEqual([409, "last_owner"]);
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  expect(await refusalOf(roles.grant({ role: "owner", actor: me, expiresAt: soon }))).toEqual([409, "last_owner"]);

  const second = await api.addPerson("second owner");
  await teams.create({ name: "heads" });
  await teams.addMember("heads", second.actor);
  await roles.grant({ role: "owner", team: "heads" });
  await roles.revoke(binding);
  expect(await refusalOf(second.client.teams.removeMember("heads", second.actor))).toEqual([409, "last_owner"]);
  expect(await refusalOf(second.client.teams.remove("heads"))).toEqual([409, "last_owner"]);
  await second.client.roles.grant({ role: "owner", actor: me });
  expect(await actors.disable(second.actor)).toMatchObject({ disabledAt: expect.any(String) as string });
  expect(await refusalOf(second.client.me.get())).toEqual([401, "unauthorized"]);
  await actors.enable(second.actor);
  expect((await second.client.me.get()).actor.id).toBe(second.actor);
});

test("an organization is created with an owner, and sees nothing of the others", async () => {
  const made = await api.client.organizations.create({ name: "Second shop", owner: "shop owner" });
  expect(await refusalOf(api.client.organizations.create({ name: "Second shop" }))).toEqual([409, "name_taken"]);
  const other = client(made.key);
  expect(await other.me.get()).toMatchObject({ organization: { name: "Second shop" }, actor: { name: "shop owner" } });
  expect((await other.organizations.list()).items.map(({ name }) => name)).toEqual(["Second shop"]);
  const all = (await api.client.organizations.list()).items.map(({ name }) => name);
  expect(all).toEqual(expect.arrayContaining(["Second shop", "default"]));
  expect(await refusalOf(other.organizations.create({ name: "Third" }))).toEqual([403, "scope_missing"]);
  expect(await refusalOf(other.organizations.get(api.org))).toEqual([404, "not_found"]);
  expect(await refusalOf(other.organizations.rename(made.id, "default"))).toEqual([409, "name_taken"]);
  await other.quotas.set("runs_at_once", { limit: 3 });
  await other.organizations.rename(made.id, "Shop two");
  expect(await other.organizations.get(made.id)).toMatchObject({
    name: "Shop two",
    projects: 1,
    actors: 1,
    liveRuns: 0,
    quotas: [
      // What every new one begins with here.
      { kind: "projects", limit: 2, current: 1 },
      { kind: "runs_at_once", limit: 3, current: 0 },
    ],
  });
  // Of two at the same time one is the last that fits.
  const both = await Promise.allSettled(["a", "b"].map((name) => other.projects.create({ name })));
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  await other.quotas.set("members", { limit: 1 });
  await other.quotas.set("keys", { limit: 2 });
  const full = [429, "quota_exceeded"];
  expect(await refusalOf(other.projects.create({ name: "c" }))).toEqual(full);
  expect(await refusalOf(other.actors.create({ name: "another" }))).toEqual(full);
  const service = await other.actors.create({ name: "bot", kind: "service" });
  await other.apiKeys.create({ actor: service.id, name: "one", scopes: ["read"] });
  expect(await refusalOf(other.apiKeys.create({ actor: service.id, name: "two", scopes: ["read"] }))).toEqual(full);
  expect(await refusalOf(other.quotas.set("keys", { limit: 1, project: "default" }))).toEqual([400, "invalid_request"]);
});

test("a runbook reads variables when its plan is made; the plan keeps them whatever is set later", async () => {
  const { runbooks, runs, plans, variables } = api.client;
  const source = [
    "name: shop.where",
    "version: 1.0.0",
    "title: Where",
    "parameters: {to: {type: text, optional: true}}",
    "concurrencyKey: ${{ variables.region }}",
    "steps:",
    "  - {id: look, tool: test.look, input: {at: '${{ variables.region }}', all: 'in ${{ variables.region + \"/\" + environment }}'}}",
    "",
  ].join("\n");
  await runbooks.publish({ name: "shop.where", version: "1.0.0" }, { source });
  await variables.put("region", "eu-west-1");
  await variables.remove("region", { project: "default" });
  const wanted = { runbook: "shop.where", environment: "dev", parameters: {} };
  const before = await plans.create(wanted);
  expect(before.plan).toMatchObject({
    variables: { region: "eu-west-1" },
    concurrencyKey: "eu-west-1",
    steps: [{ input: { at: "eu-west-1", all: "in eu-west-1/dev" } }],
  });
  const run = await runs.create(wanted);
  await variables.put("region", "us-east-1", { project: "default", environment: "dev" });
  expect(await runs.plan(run.id)).toMatchObject({ variables: { region: "eu-west-1" } });
  const after = await plans.create(wanted);
  expect(after.plan.variables).toEqual({ region: "us-east-1" });
  expect(after.digest).not.toBe(before.digest);

  await variables.remove("region", { project: "default", environment: "dev" });
  await variables.remove("region");
  expect(await refusalOf(plans.create(wanted))).toEqual([422, "variable_unknown"]);
  expect(await refusalOf(runs.create(wanted))).toEqual([422, "variable_unknown"]);
});
