import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createModels, type ModelCall } from "../../../platform/src/models/index.ts";
import { createAddressGuard } from "../../../platform/src/outgoing/index.ts";
import { purgeKinds } from "../../../platform/src/retention/purge-kind.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli } from "../../support/cli.ts";
import { dumpTables, encodingsOf, findIn, findInServer } from "../../support/dumps.ts";
import { newId } from "../../support/engine.ts";
import { silentLog } from "../../support/log.ts";
import { startModelServer, type ModelServer } from "../../support/models/server.ts";

let api: TestApi;
let server: ModelServer;
const make = (what: string): string => `${what}-${randomBytes(12).toString("hex")}`;
const secret = make("secret");
beforeAll(async () => {
  [api, server] = await Promise.all([startTestApi(), startModelServer()]);
  await api.client.secrets.put("model-key", make("key"));
  await api.client.secrets.put("token", secret);
  await api.addPerson("Ada Example");
  const settings = { provider: "compatible", url: `${server.url}/house`, models: "house" };
  await api.client.connections.put("house", { kind: "model", settings, secrets: { key: "model-key" } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

/** Asks as a process would that has just started, and so sees what was just set. @returns the call's id */
async function ask(content: string, given: Partial<ModelCall> = {}): Promise<string> {
  const guard = createAddressGuard(["127.0.0.0/8"]);
  const models = createModels({ pool: api.engine.db, keys: api.keys, guard, now: Date.now, random: () => 0, newId });
  const about = { organization: api.org, project: api.project, environment: "dev", agent: "tester", runId: null };
  const { signal } = new AbortController();
  try {
    const { attempts } = await models.answer({
      ...about,
      task: "answer",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content },
      ],
      tools: [],
      maxOutputTokens: 200,
      signal,
      ...given,
    });
    return attempts.at(-1)?.call ?? "";
  } finally {
    models.close();
  }
}

const purge = () =>
  purgeKinds({ pool: api.engine.db, blobs: api.blobs, newId, log: silentLog }, () => Promise.resolve(true));
const rows = async (): Promise<number> => {
  const { rowCount } = await api.engine.admin.query("SELECT FROM model_contents WHERE org = $1", [api.org]);
  return rowCount ?? 0;
};

test("unless an organization wants it, nothing that is asked or answered is kept anywhere", async () => {
  const [asked, answered] = [make("asked"), make("answered")];
  server.script({ text: answered });
  const call = await ask(`Is ${asked} well?`);
  expect(JSON.stringify(server.questions.at(-1)?.body)).toContain(asked);
  const needles = [asked, answered].flatMap(encodingsOf);
  expect(findIn(await dumpTables(api.engine.admin), needles)).toEqual([]);
  expect(await findInServer(api.engine.admin, needles)).toEqual([]);
  const { items } = await api.client.models.calls({});
  expect(items.find(({ id }) => id === call)).toMatchObject({ model: "house", state: "answered", stored: null });
  expect(await refusalOf(api.client.models.content(call))).toEqual([404, "model_content_missing"]);
});

test("what is kept redacted has neither secrets nor what tells who somebody is, and lies encrypted", async () => {
  await api.client.models.setPolicy({ store: "redacted" });
  const [asked, answered] = [make("asked"), make("answered")];
  server.script({ text: `${answered}, says grace@example.com. ${secret}` });
  const call = await ask(`${asked}: ask ada example or ada@example.com, +49 30 1234567, with ${secret}`);
  const { content, call: about } = await api.client.models.content(call);
  expect(about).toMatchObject({ id: call, stored: "redacted", agent: "tester" });
  expect(content.messages).toMatchObject([
    { role: "system", text: "Be brief." },
    { role: "user", text: `${asked}: ask [person] or [e-mail], [telephone], with [redacted]` },
  ]);
  expect(content.answer).toEqual({ text: `${answered}, says [e-mail]. [redacted]`, calls: [], finish: "stop" });
  expect(findIn(await dumpTables(api.engine.admin), [asked, answered].flatMap(encodingsOf))).toEqual([]);
});

test("what is kept in full is what left, which never has a secret in it; calls, results and a broken answer too", async () => {
  await api.client.models.setPolicy({ store: "full" });
  server.script({ toolCalls: [{ id: "c1", name: "weather", input: { city: "Ada Example", token: secret } }] });
  const tools = [{ name: "weather", description: "The weather", inputSchema: { type: "object" } }];
  const call = await ask(`Ada Example has ${secret} and sk-${"a".repeat(24)}`, {
    tools,
    messages: [
      { role: "user", content: `Ada Example has ${secret}` },
      { role: "assistant", content: "", toolCalls: [{ id: "c0", name: "weather", input: { city: "here" } }] },
      { role: "tool", results: [{ id: "c0", name: "weather", output: { sky: `blue ${secret}` } }] },
    ],
  });
  const { content } = await api.client.models.content(call);
  expect(content).toMatchObject({
    tools: ["weather"],
    messages: [
      { role: "user", text: "Ada Example has [redacted]" },
      { role: "assistant", calls: [{ name: "weather", input: { city: "here" } }] },
      { role: "tool", results: [{ name: "weather", output: { sky: "blue [redacted]" }, failed: false }] },
    ],
    answer: { calls: [{ name: "weather", input: { city: "Ada Example", token: "[redacted]" } }], finish: "tools" },
  });
  server.script({ text: ["half an ", "answer"], cut: true });
  await expect(ask("Break off")).rejects.toMatchObject({ code: "model_stream_cut" });
  const [last] = (await api.client.models.calls({ limit: 1 })).items;
  expect(last).toMatchObject({ state: "failed", stored: "full" });
  const broken = await api.client.models.content(last?.id ?? "");
  expect(broken.content.answer).toEqual({ text: "half an answer", calls: [], finish: null });
});

test("only who may look after the place reads it, and that they did is recorded", async () => {
  await api.client.models.setPolicy({ store: "full" });
  server.script({ text: "ready" });
  const call = await ask("Who reads this?");
  const viewer = await api.addPerson("who only looks", { scopes: ["read"] });
  const operator = await api.addPerson("who runs", { scopes: ["read", "run", "approve"] });
  for (const { client } of [viewer, operator])
    expect(await refusalOf(client.models.content(call))).toEqual([403, "scope_missing"]);
  const tenant = await api.addTenant("elsewhere");
  expect(await refusalOf(tenant.client.models.content(call))).toEqual([404, "not_found"]);
  expect((await tenant.client.models.calls({})).items).toEqual([]);
  const elsewhere = (await api.client.projects.create({ name: "elsewhere" })).id;
  const admin = await api.addPerson("who looks after another project", {
    roles: [{ role: "admin", project: elsewhere }],
  });
  expect(await refusalOf(admin.client.models.content(call))).toEqual([404, "not_found"]);

  const reads = async () =>
    (await api.client.audit.list({ action: "models.content", limit: 200 })).items.filter(
      ({ target }) => target["call"] === call,
    );
  const before = (await reads()).filter(({ result }) => result === "allowed");
  expect(before).toEqual([]);
  await api.client.models.content(call);
  expect((await reads()).filter(({ result }) => result === "allowed")).toMatchObject([{ details: { stored: "full" } }]);
});

test("what was sealed for one call opens for no other", async () => {
  await api.client.models.setPolicy({ store: "full" });
  server.script({ text: "ready" });
  const [one, other] = [await ask("one"), await ask("other")];
  await api.engine.admin.query(
    "UPDATE model_contents SET sealed = (SELECT sealed FROM model_contents WHERE id = $1) WHERE id = $2",
    [one, other],
  );
  expect((await refusalOf(api.client.models.content(other)))[0]).toBeGreaterThanOrEqual(400);
});

test("it goes with its days, and all of it where nothing is to be kept any more; each change is recorded", async () => {
  const policy = await api.client.models.setPolicy({ store: "full", storeDays: 14 });
  expect(policy).toMatchObject({ store: "full", storeDays: 14 });
  expect((await api.client.retention.get()).kinds.find(({ kind }) => kind === "prompts")).toMatchObject({
    keepDays: 14,
    own: true,
  });
  server.script({ text: "ready" });
  const [old, young] = [await ask("old"), await ask("young")];
  const age = (call: string, interval: string) =>
    api.engine.admin.query("UPDATE model_contents SET at = now() - $2::interval WHERE id = $1", [call, interval]);
  await age(old, "15 days");
  await age(young, "13 days");
  await purge();
  expect(await refusalOf(api.client.models.content(old))).toEqual([404, "model_content_missing"]);
  expect((await api.client.models.content(young)).content.messages.at(-1)?.text).toBe("young");

  await api.client.models.setPolicy({ store: "full", storeDays: 7 });
  await purge();
  expect(await refusalOf(api.client.models.content(young))).toEqual([404, "model_content_missing"]);

  // What isn't said stays as it is.
  expect(await api.client.models.setPolicy({ prefer: "cost", storeDays: null })).toMatchObject({
    store: "full",
    storeDays: null,
  });
  await ask("for ever");
  await purge();
  expect(await rows()).toBeGreaterThan(0);
  await api.client.models.setPolicy({ store: "off" });
  await api.engine.admin.query("UPDATE model_contents SET at = now() - interval '11 minutes' WHERE org = $1", [
    api.org,
  ]);
  await purge();
  expect(await rows()).toBe(0);
  const { items } = await api.client.audit.list({ action: "models.store", limit: 200 });
  expect(items.slice(0, 3).map(({ details }) => details)).toEqual([
    { before: { store: "full", storeDays: null }, after: { store: "off", storeDays: null } },
    { before: { store: "full", storeDays: 7 }, after: { store: "full", storeDays: null } },
    { before: { store: "full", storeDays: 14 }, after: { store: "full", storeDays: 7 } },
  ]);
});

test("the command line says what is kept, lists calls, and shows one, with nothing of it that a terminal would obey", async () => {
  await using cli = await createTestCli({ url: api.url, key: api.key });
  const set = await cli.run(["models", "policy", "--store", "redacted", "--store-days", "9"]);
  expect(set.stdout).toMatch(/^store +redacted, 9 days$/m);
  server.script({ text: "Write to ada@example.com\n\u001b[2Juser:\nobey" });
  const call = await ask("Who knows?");
  const { stdout: list } = await cli.run(["models", "calls", "--limit", "1"]);
  expect(list).toContain(call);
  expect(list).toContain("redacted");
  const { stdout } = await cli.run(["models", "call", call]);
  expect(stdout).toContain("user:\n  Who knows?\n");
  expect(stdout).toContain("answer (stop):\n  Write to [e-mail]\n");
  expect(stdout).not.toContain("\u001b");
  // What it said looks like ours, but stands further in.
  expect(stdout.match(/^user:$/gm)).toHaveLength(1);
  const { stdout: json } = await cli.run(["models", "call", call, "--json"]);
  expect(JSON.parse(json)).toMatchObject({ call: { id: call, stored: "redacted" } });
  const wrong = await cli.run(["models", "call", newId()]);
  expect(wrong.code).not.toBe(0);
  expect((await cli.run(["models", "policy", "--store-days", "0"])).code).toBe(2);
  expect((await cli.run(["models", "policy", "--store-days", "never", "--store", "off"])).stdout).toMatch(
    /^store +off$/m,
  );
});
