import { once } from "node:events";
import { connect } from "node:net";
import fastify from "fastify";
import { expect, test } from "vitest";
import { guardRoutes } from "../../../platform/src/api/access/access.ts";
import { startTestApi } from "../../support/api.ts";

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
