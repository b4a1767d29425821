import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as FormerClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as FormerTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema, ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
});
afterAll(() => api[Symbol.asyncDispose]());

const at = () => new URL("/mcp", api.url);
const withKey = (key: string) => ({ requestInit: { headers: { authorization: `Bearer ${key}` } } });
const info = { name: "test", version: "1.0.0" };

/** The official client of 2025-11-25. */
async function connect(key = api.key) {
  const client = new FormerClient(info, { capabilities: { elicitation: { url: {} } } });
  const transport = new FormerTransport(at(), withKey(key));
  await client.connect(transport);
  const session = transport.sessionId ?? "";
  return { client, transport, session, [Symbol.asyncDispose]: () => client.close() };
}

const headersOf = (session: string, key: string) => ({
  authorization: `Bearer ${key}`,
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-session-id": session,
  "mcp-protocol-version": "2025-11-25",
});
const post = (session: string, key: string, message: object) =>
  fetch(at(), {
    method: "POST",
    headers: headersOf(session, key),
    body: JSON.stringify({ jsonrpc: "2.0", ...message }),
  });
const change = (requestId: string) => ({
  name: "run_start",
  arguments: { runbook: "test.swap", parameters: { to: "blue" }, environment: "staging", requestId },
});
const idOf = (result: object) => (result as { structuredContent: { id: string } }).structuredContent.id;

test("in a session a person is led to the approval in the middle of the call, and their answer decides nothing", async () => {
  await using one = await connect();
  const asked: unknown[] = [];
  one.client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    asked.push(params);
    return { action: "accept" };
  });
  const id = idOf(await one.client.callTool(change("asked-within-a-session")));
  await api.engine.reaches(id, "waiting_for_approval");
  const answer = await one.client.callTool({ name: "approval_ask", arguments: { run: id } });
  expect(asked).toMatchObject([{ mode: "url", url: expect.stringContaining(`/approvals/${id}`) as string }]);
  expect(answer.structuredContent).toMatchObject({ status: "open", answer: "accept" });
  expect(await api.client.runs.get(id)).toMatchObject({ status: "waiting_for_approval" });
});

test("who subscribed to a run is told when something happens to it, and to nobody's but what they may see", async () => {
  await using one = await connect();
  const told: string[] = [];
  one.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void told.push(params.uri));
  expect(one.client.getServerCapabilities()?.resources).toEqual({ listChanged: false, subscribe: true });
  const id = idOf(await one.client.callTool(change("that-is-watched")));
  await api.engine.reaches(id, "waiting_for_approval");
  const uri = `gantry://runs/${id}`;
  await one.client.subscribeResource({ uri });
  await api.client.runs.cancel(id, {});
  await expect.poll(() => told).toContain(uri);
  await one.client.unsubscribeResource({ uri });

  for (const other of ["gantry://docs/errors", "gantry://runs/all"])
    await expect(one.client.subscribeResource({ uri: other })).rejects.toMatchObject({ code: -32602 });
  const tenant = await api.addTenant("of-others");
  await using stranger = await connect(tenant.key);
  await expect(stranger.client.subscribeResource({ uri })).rejects.toThrow(/not found/i);
});

test("a client of 2026-07-28 listens to runs without a session", async () => {
  const client = new Client(info, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(at(), withKey(api.key)));
  const tenant = await api.addTenant("listening");
  const stranger = new Client(info, { versionNegotiation: { mode: "auto" } });
  await stranger.connect(new StreamableHTTPClientTransport(at(), withKey(tenant.key)));
  const told: string[] = [];
  const leaked: string[] = [];
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => void told.push(params.uri));
  stranger.setNotificationHandler("notifications/resources/updated", ({ params }) => void leaked.push(params.uri));
  const id = idOf(await client.callTool(change("that-is-listened-to")));
  await api.engine.reaches(id, "waiting_for_approval");
  const uri = `gantry://runs/${id}`;
  const filter = { resourceSubscriptions: [uri] };
  const both = await Promise.all([client.listen(filter), stranger.listen(filter)]);
  await api.client.runs.cancel(id, {});
  await expect.poll(() => told).toContain(uri);
  expect(leaked).toEqual([]);
  await Promise.all(both.map((one) => one.close()));
  await Promise.all([client.close(), stranger.close()]);
});

test("a session is there for the key that began it alone, until it is ended", async () => {
  await using one = await connect();
  const list = { id: 7, method: "tools/list", params: {} };
  const own = await post(one.session, api.key, list);
  expect(own.status).toBe(200);
  await own.body?.cancel();
  const colleague = await api.addPerson("colleague");
  const tenant = await api.addTenant("elsewhere");
  for (const [session, key] of [
    [one.session, colleague.key],
    [one.session, tenant.key],
    ["made-up", api.key],
  ] as const) {
    const refused = await post(session, key, list);
    expect([refused.status, await refused.json()]).toMatchObject([404, { error: { code: -32001 } }]);
    const headers = headersOf(session, key);
    expect((await fetch(at(), { headers: { ...headers, accept: "text/event-stream" } })).status).toBe(404);
    expect((await fetch(at(), { method: "DELETE", headers })).status).toBe(404);
  }
  expect((await fetch(at(), { method: "DELETE", headers: headersOf(one.session, api.key) })).status).toBe(200);
  expect((await post(one.session, api.key, list)).status).toBe(404);
  // Without a session there are answers, too, for clients that keep none.
  const { "mcp-session-id": _, ...without } = headersOf("", api.key);
  const plain = await fetch(at(), {
    method: "POST",
    headers: without,
    body: JSON.stringify({ jsonrpc: "2.0", ...list }),
  });
  expect([plain.status, plain.headers.get("mcp-session-id")]).toEqual([200, null]);
});

test("a key that is revoked has no session any more", async () => {
  const person = await api.addPerson("leaves");
  await using one = await connect(person.key);
  const { items } = await api.client.apiKeys.list();
  for (const { id, actor } of items) if (actor.id === person.actor) await api.client.apiKeys.revoke(id);
  expect((await post(one.session, person.key, { id: 8, method: "tools/list", params: {} })).status).toBe(401);
});

test("a connection that broke in the middle of a call goes on behind what it had", async () => {
  await using one = await connect();
  const id = idOf(await one.client.callTool(change("that-is-resumed")));
  await api.engine.reaches(id, "waiting_for_approval");
  const params = { name: "run_get", arguments: { run: id } };
  const answer = await post(one.session, api.key, { id: 9, method: "tools/call", params });
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const first = new TextDecoder().decode((await reader.read()).value);
  const [, last = ""] = /^id: (\S+)$/m.exec(first) ?? [];
  expect(last).not.toBe("");
  await reader.cancel();
  const headers = { ...headersOf(one.session, api.key), accept: "text/event-stream", "last-event-id": last };
  const again = await fetch(at(), { headers });
  expect(again.status).toBe(200);
  const rest = await again.text();
  expect(JSON.parse(/^data: (\{.*)$/m.exec(rest)?.[1] ?? "null")).toMatchObject({
    id: 9,
    result: { structuredContent: { id } },
  });
});
