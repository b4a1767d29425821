import { once } from "node:events";
import { connect } from "node:net";
import { api as contract, apiPrefix, Scope, type Endpoint } from "@gantry/sdk/api";
import fastify from "fastify";
import { expect, test } from "vitest";
import { guardRoutes } from "../../../platform/src/api/access.ts";
import { createApiKey } from "../../../platform/src/api/api-key.ts";
import { bodies, queries } from "../../support/endpoints.ts";
import { newId } from "../../support/engine.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";

const endpoints = Object.values<Record<string, Endpoint>>(contract).flatMap((resource) => Object.values(resource));

function call(api: TestApi, endpoint: Endpoint, ids: Record<string, string>, key: string): Promise<Response> {
  const path = apiPrefix + endpoint.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? "x"));
  const query = queries[endpoint.id] ?? "";
  const body = endpoint.body === undefined ? {} : { body: JSON.stringify(bodies[endpoint.id] ?? {}) };
  return api.request(path + query, {
    method: endpoint.method,
    key,
    headers: endpoint.body === undefined ? {} : { "content-type": "application/json" },
    ...body,
  });
}

/** What must not tell one refusal from the other: everything but the request's own id and address. */
async function bodyOf(response: Response): Promise<unknown> {
  const { requestId, instance, ...rest } = (await response.json()) as { requestId: string; instance: string };
  expect(requestId).not.toBe("");
  expect(instance).not.toBe("");
  return rest;
}

test("every endpoint refuses a request without a key, with a wrong, a revoked and an expired one, all in the same words", async () => {
  await using api = await startTestApi();
  const dead = await api.addPerson("leaver");
  const late = await api.addPerson("visitor");
  await api.engine.admin.query("UPDATE api_keys SET revoked_at = now() WHERE actor = $1", [dead.actor]);
  await api.engine.admin.query("UPDATE api_keys SET expires_at = now() WHERE actor = $1", [late.actor]);
  const keys = ["", "gantry_x", createApiKey().key, dead.key, late.key, `${api.key.slice(0, -1)}g`];
  for (const endpoint of endpoints.filter(({ scope }) => scope !== "public")) {
    const seen = new Set<string>();
    for (const key of keys) {
      const response = await call(api, endpoint, { run: newId(), key: newId() }, key);
      expect([endpoint.id, response.status]).toEqual([endpoint.id, 401]);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      seen.add(JSON.stringify(await bodyOf(response)));
    }
    expect([...seen]).toHaveLength(1);
  }
});

test("every endpoint refuses a key that has all scopes but the one it needs", async () => {
  await using api = await startTestApi();
  for (const scope of Scope.options) {
    const others = await api.addPerson(`all but ${scope}`, { scopes: Scope.options.filter((one) => one !== scope) });
    for (const endpoint of endpoints.filter((one) => one.scope === scope)) {
      const response = await call(api, endpoint, { run: newId(), key: newId() }, others.key);
      expect([endpoint.id, response.status]).toEqual([endpoint.id, 403]);
      expect(await bodyOf(response)).toMatchObject({ code: "scope_missing", details: { needed: scope } });
    }
  }
});

test("another organization's things answer exactly like things that don't exist, at every endpoint that names one", async () => {
  await using api = await startTestApi({ config: { verdictMs: 0 } });
  const tenant = await api.addTenant("other");
  const run = (await api.client.runs.create({ runbook: "test.look", environment: "dev" })).id;
  const key = (await api.client.apiKeys.create({ scopes: ["read"] })).id;
  const { goal } = await api.client.goals.create({ text: "look around in dev", runbook: "test.look" });
  const digest = `sha256:${"1".repeat(64)}`;
  const freeze = (await api.client.freezes.create(bodies["freezes.create"] as never)).id;
  const trigger = (await api.client.triggers.create(bodies["triggers.create"] as never)).id;
  await api.client.subscriptions.create({
    name: "ours",
    destination: { channel: "slack-webhook", url: { $secret: "hook" } },
  });
  const delivery = (await api.client.subscriptions.test("ours")).id;
  await api.client.secrets.put("token", "hush");
  await api.client.runbooks.publish(
    { name: "shop.ours", version: "1.0.0" },
    { source: "name: shop.ours\nversion: 1.0.0\ntitle: Ours\nsteps: [{id: look, tool: test.look}]\n" },
  );
  await api.engine.admin.query(
    "INSERT INTO terraform_states (org, id, project, environment, name) VALUES ($1, $2, $3, 'dev', 'net')",
    [api.org, newId(), api.project],
  );
  await api.client.connections.put("hub", { kind: "registry" });
  await api.client.budgets.set("team", { measure: "requests", amount: 1 });
  const limit = (await api.client.limits.set({ kind: "concurrency", connection: "hub", amount: 1 })).id;
  await api.client.variables.put("region", "eu");
  const { id: project } = await api.client.projects.create({ name: "shop" });
  await api.client.environments.create({ project: "shop", name: "dev" });
  await api.client.teams.create({ name: "crew" });
  const actor = (await api.addPerson("colleague")).actor;
  const binding = (await api.client.roles.grant({ role: "viewer", actor, project: "shop" })).id;
  const tenancy = { organization: api.org, team: "crew", actor, binding, variable: "region" };
  const breaker = newId();
  await api.engine.admin.query("INSERT INTO breakers (org, id, connection) VALUES ($1, $2, 'hub')", [api.org, breaker]);
  const invitation = (await api.client.invitations.create({ email: "somebody@example.com" })).id;
  const account = (await api.client.serviceAccounts.create({ name: "robot" })).id;
  const onFire = { project: "default", reason: "Something is on fire" };
  const breakGlass = (await api.client.breakGlass.open(onFire)).id;
  const limited = { connection: "hub", budget: "team", limit, breaker };
  const theirs = {
    run,
    other: run,
    key,
    goal: goal?.id ?? "",
    bulk: newId(),
    delegation: newId(),
    trigger,
    freeze,
    delivery,
    subscription: "ours",
    digest,
    session: newId(),
    invitation,
    account,
    name: "net",
    project,
    receipt: "0".repeat(32),
    environment: "dev",
    ...limited,
    ...tenancy,
    breakGlass,
  };
  const nowhere = {
    run: newId(),
    other: newId(),
    key: newId(),
    trigger: newId(),
    freeze: newId(),
    goal: newId(),
    bulk: newId(),
    delegation: newId(),
    delivery: newId(),
    subscription: "none",
    digest,
    session: newId(),
    invitation: newId(),
    account: newId(),
    name: "net",
    project: newId(),
    environment: "dev",
    connection: "nothing",
    budget: "nothing",
    limit: newId(),
    breaker: newId(),
    organization: newId(),
    team: "nobody",
    actor: newId(),
    binding: newId(),
    breakGlass: newId(),
    variable: "nothing",
    receipt: "0".repeat(32),
  };
  // These make what they name.
  const making = [
    "secrets.put",
    "runbooks.publish",
    "connections.put",
    "budgets.set",
    "quotas.set",
    "variables.put",
    "retention.setKind",
  ];
  const names: Record<string, { named: Record<string, string>; missing: Record<string, string> }> = {
    secrets: { named: { name: "token" }, missing: { name: "nothing" } },
    projects: { named: { project: "shop" }, missing: { project: "nothing" } },
    environments: { named: { project: "shop" }, missing: { project: "nothing" } },
    runbooks: { named: { name: "shop.ours", version: "1.0.0" }, missing: { name: "shop.none", version: "1.0.0" } },
  };
  // Who may reach into all organizations has a scope that no tenant's key has.
  const naming = endpoints.filter(
    ({ path, id, scope }) => /:/.test(path) && !making.includes(id) && scope !== "admin:everywhere",
  );
  expect(naming.length).toBeGreaterThan(15);
  for (const endpoint of naming) {
    const [resource = ""] = endpoint.id.split(".");
    const { named = {}, missing = {} } = names[resource] ?? {};
    const foreign = await call(api, endpoint, { ...theirs, ...named }, tenant.key);
    const absent = await call(api, endpoint, { ...nowhere, ...missing }, tenant.key);
    expect([endpoint.id, foreign.status, absent.status]).toEqual([endpoint.id, 404, 404]);
    expect(await bodyOf(foreign)).toEqual(await bodyOf(absent));
  }
  expect((await api.client.secrets.list()).items).toHaveLength(1);
  const { limits, budgets, breakers, connections } = api.client;
  const { variables, teams } = api.client;
  for (const list of [limits, budgets, breakers, connections, variables, teams])
    expect((await list.list()).items).toHaveLength(1);
  expect((await api.client.runs.get(run)).seq).toBe(1);
});

test("lists show an organization its own things only", async () => {
  await using api = await startTestApi();
  const tenant = await api.addTenant("other");
  await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.client.secrets.put("token", "hush");
  await api.client.killSwitch.set({ reason: "ours" });
  const { client } = tenant;
  await api.client.limits.set({ kind: "rate", connection: "hub", amount: 1, perMs: 1_000 });
  await api.client.budgets.set("team", { measure: "requests", amount: 1 });
  await api.client.quotas.set("runs_at_once", { limit: 10 });
  await api.client.connections.put("hub", { kind: "registry" });
  await api.client.breakGlass.open({ project: "default", reason: "Something is on fire" });
  const lists = [
    client.runs.list(),
    client.secrets.list(),
    client.approvals.list(),
    client.states.list(),
    client.triggers.list(),
    client.freezes.list(),
    client.limits.list(),
    client.budgets.list(),
    client.quotas.list(),
    client.connections.list(),
    client.breakers.list(),
    client.variables.list(),
    client.teams.list(),
    client.breakGlass.list(),
  ];
  for (const page of await Promise.all(lists)) expect(page.items).toEqual([]);
  expect((await client.killSwitch.get()).active).toEqual([]);
  expect((await client.actors.list()).items.map(({ name }) => name)).toEqual(["administrator of other"]);
  expect((await client.apiKeys.list()).items.map(({ actor }) => actor.id)).toEqual([tenant.actor]);
  expect((await client.projects.list()).items.map(({ name }) => name)).toEqual(["default"]);
  expect((await client.organizations.list()).items.map(({ name }) => name)).toEqual(["other"]);
  expect([...new Set((await client.roles.list()).items.map(({ actor }) => actor?.id))]).toEqual([tenant.actor]);
  expect((await client.environments.list()).items.map(({ name }) => name)).toEqual(["dev", "staging"]);
  const cursor = (await api.client.runs.list({ limit: 1 })).next;
  expect(cursor).toBeNull();
});

test("a route that doesn't say who may call it can't be registered", async () => {
  const app = fastify();
  guardRoutes(app, undefined as never, undefined as never, undefined as never);
  expect(() => app.get("/open", async () => "everything")).toThrow(/doesn't say who may call it/);
  await app.close();
});

test("a refusal comes before the body is read", async () => {
  await using api = await startTestApi();
  const socket = connect({ port: Number(new URL(api.url).port), host: "127.0.0.1" });
  const head =
    "POST /api/v1/runs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n";
  // Not a byte of the body: whoever waits for it doesn't answer.
  socket.write(head);
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /);
  socket.destroy();
});
