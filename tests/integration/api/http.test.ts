import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { Validator } from "@seriousme/openapi-schema-validator";
import { apiPrefix } from "@gantry/sdk/api";
import { createClient } from "@gantry/sdk/client";
import { expect, test } from "vitest";
import { authPath } from "../../../platform/src/auth/index.ts";
import { createLogWriter } from "../../../platform/src/blobs/index.ts";
import { otherRoutes } from "../../../platform/src/api/docs/reference.ts";
import { connect } from "../../../platform/src/postgres/index.ts";
import { refusalOf, startTestApi } from "../../support/api.ts";
import { silentLog } from "../../support/log.ts";

test("OpenAPI is valid, describes every route under the prefix, and its references resolve", async () => {
  await using api = await startTestApi();
  const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
    paths: Record<string, object>;
    components: { schemas: object };
  };
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    expect(document.components.schemas).toHaveProperty([name ?? ""]);
  // What the server can do is what its router knows, in its own words.
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  for (const route of described) {
    const [method = "", path = ""] = route.split(" ");
    expect([route, api.app.hasRoute({ method: method as never, url: path.replaceAll(/\{(\w+)\}/g, ":$1") })]).toEqual([
      route,
      true,
    ]);
  }
  const routes = api.app.printRoutes({ commonPrefix: false, includeHooks: false });
  const count = [...routes.matchAll(/\((\w+(?:, \w+)*)\)/g)].flatMap(([, methods = ""]) => methods.split(", ")).length;
  for (const { methods, path: url } of otherRoutes)
    for (const method of methods)
      expect([method, url, api.app.hasRoute({ method: method as never, url })]).toContain(true);
  const others = otherRoutes.flatMap(({ methods }) => methods);
  expect(count).toBe(described.length + others.length);
});

test("pages need no key and load nothing from elsewhere, and a problem's type is one of them", async () => {
  await using api = await startTestApi();
  const refused = (await (await fetch(`${api.url}${apiPrefix}/runs`)).json()) as { type: string };
  for (const path of ["/docs", "/docs/events", "/docs/errors", "/docs/cli", refused.type]) {
    const response = await fetch(new URL(path, api.url));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    const html = await response.text();
    expect(html).not.toMatch(/<script|src="http|href="http/);
  }
  expect((await fetch(`${api.url}/docs/toString`)).status).toBe(404);
  expect((await fetch(`${api.url}/errors/no_such_code`)).status).toBe(404);
  expect((await fetch(`${api.url}/errors/..%2f..%2fREADME`)).status).toBe(404);
});

test("bodies that are too large, too deep, no JSON or of another type are refused by code, never with a 500", async () => {
  await using api = await startTestApi();
  const post = async (body: string, type = "application/json") => {
    const response = await api.request(`${apiPrefix}/runs`, {
      method: "POST",
      body,
      headers: { "content-type": type },
    });
    return [response.status, ((await response.json()) as { code: string }).code];
  };
  expect(await post("x".repeat(1024 * 1024 + 1))).toEqual([413, "body_too_large"]);
  expect(await post(`{"parameters":${"[".repeat(5_000)}${"]".repeat(5_000)}}`)).toEqual([400, "body_too_deep"]);
  expect(await post("{")).toEqual([400, "body_invalid"]);
  expect(await post('{"__proto__": {"admin": true}}')).toEqual([400, "body_invalid"]);
  expect(await post("a: 1", "text/yaml")).toEqual([415, "unsupported_media_type"]);
  expect(await post("[]")).toEqual([400, "invalid_request"]);
  expect((await api.request(`${apiPrefix}/runs/%zz`)).status).toBe(404);
  expect((await api.request(`${apiPrefix}/runbooks/%00`)).status).toBe(422);
  expect((await api.request(`${apiPrefix}/secrets/%00`, { method: "DELETE" })).status).toBeLessThan(500);
});

test("a request addressed to a foreign name is refused, and only allowed origins get a CORS header", async () => {
  const allowed = "https://dashboard.example";
  await using api = await startTestApi({ config: { corsOrigins: [allowed] } });
  const call = httpRequest(`${api.url}/livez`, { headers: { host: "evil.example" } }).end();
  const [response] = (await once(call, "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(421);
  response.resume();
  const origin = async (from: string) =>
    (await fetch(`${api.url}/livez`, { headers: { origin: from } })).headers.get("access-control-allow-origin");
  expect(await origin(allowed)).toBe(allowed);
  expect(await origin("https://dashboard.example.evil")).toBeNull();
});

test("a key that asks too often is told when to come back, and other keys aren't held up", async () => {
  await using api = await startTestApi({ config: { requestsPerMinute: 3 } });
  const other = await api.addPerson("somebody else");
  for (let n = 0; n < 3; n += 1) await api.client.me.get();
  const refused = await api.request(`${apiPrefix}/me`);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await other.client.me.get()).actor.name).toBe("somebody else");
});

test("of all that servers on one database are asked with a key, they answer its limit and not one more", async () => {
  await using api = await startTestApi({ config: { requestsPerMinute: 40 } });
  await using second = await api.another();
  const ask = async (n: number) => {
    const url = [api.url, second.url][n % 2] ?? "";
    const { status, headers } = await fetch(url + apiPrefix + "/me", {
      headers: { authorization: `Bearer ${api.key}` },
    });
    return { status, policy: headers.get("ratelimit-policy"), left: headers.get("ratelimit") };
  };
  const together = await Promise.all(Array.from({ length: 60 }, (_, n) => ask(n)));
  const all = [...together, await ask(0), await ask(1)];
  expect(all.filter(({ status }) => status === 200)).toHaveLength(40);
  expect(all.filter(({ status }) => status === 429)).toHaveLength(22);
  expect(all.at(-1)).toMatchObject({
    policy: '"credential";q=40;w=60',
    left: expect.stringMatching(/^"credential";r=0;t=\d+$/) as string,
  });
});

test("addresses pay for what needs no key, for wrong keys and for sign-in, each for itself", async () => {
  await using api = await startTestApi({ config: { addressRequestsPerMinute: 4, signInsPerMinute: 2 } });
  await using second = await api.another();
  const at = (n: number) => (n % 2 === 0 ? api.url : second.url);
  const statuses = async (count: number, ask: (url: string) => Promise<Response>) =>
    (await Promise.all(Array.from({ length: count }, (_, n) => ask(at(n)))))
      .map(({ status }) => status)
      .toSorted((a, b) => a - b);
  const wrong = `Bearer gantry_00000000_${"0".repeat(64)}`;
  expect(await statuses(6, (url) => fetch(url + apiPrefix + "/me", { headers: { authorization: wrong } }))).toEqual([
    401, 401, 401, 401, 429, 429,
  ]);
  expect(await statuses(6, (url) => fetch(`${url}/nowhere`))).toEqual([404, 404, 404, 404, 429, 429]);
  const body = JSON.stringify({ email: "nobody@example.com", password: "not the right one" });
  const headers = { "content-type": "application/json" };
  const signIns = await statuses(4, (url) =>
    fetch(`${url}${authPath}/sign-in/email`, { method: "POST", body, headers }),
  );
  expect(signIns.filter((status) => status === 429)).toHaveLength(2);
  expect(await statuses(8, (url) => fetch(`${url}/livez`))).not.toContain(429);
});

test("secrets go in, are listed without their values, nearest scope by scope, and are gone after deletion", async () => {
  await using api = await startTestApi();
  const { secrets } = api.client;
  expect(await secrets.put("token", "first")).toMatchObject({
    name: "token",
    version: 1,
    project: null,
    actor: "administrator",
  });
  expect(await secrets.put("token", "second")).toMatchObject({ version: 2 });
  expect(await secrets.put("token", "near", { project: "default", environment: "dev" })).toMatchObject({
    environment: "dev",
    version: 1,
  });
  expect(JSON.stringify(await secrets.list())).not.toContain("second");
  expect(await refusalOf(secrets.put("1x", "value"))).toEqual([422, "secret_invalid"]);
  expect(await refusalOf(secrets.put("a", "value", { environment: "dev" }))).toEqual([400, "invalid_request"]);
  expect(await refusalOf(secrets.put("short", "abc"))).toEqual([422, "secret_invalid"]);
  await secrets.delete("token");
  expect((await secrets.list()).items).toEqual([]);
  expect(await refusalOf(secrets.delete("token"))).toEqual([404, "not_found"]);
});

test("keys work from creation to revocation, for the actor they were made for", async () => {
  await using api = await startTestApi();
  const actor = await api.client.actors.create({ name: "deploy bot", kind: "service", groups: ["approvers"] });
  expect(await refusalOf(api.client.actors.create({ name: "deploy bot" }))).toEqual([409, "name_taken"]);
  const { key, id, prefix } = await api.client.apiKeys.create({ actor: actor.id, scopes: ["read"] });
  expect(key.startsWith(prefix)).toBe(true);
  const bot = createClient({ url: api.url, key, tries: 1 });
  expect(await bot.me.get()).toMatchObject({
    actor: { kind: "service", name: "deploy bot", groups: ["approvers"] },
    scopes: ["read"],
  });
  expect(JSON.stringify(await api.client.apiKeys.list())).not.toContain(key);
  await api.client.apiKeys.revoke(id);
  expect(await refusalOf(bot.me.get())).toEqual([401, "unauthorized"]);
  const limited = await api.addPerson("admin of one");
  expect(await refusalOf(limited.client.apiKeys.create({ scopes: ["admin:everywhere"] }))).toEqual([
    403,
    "scope_missing",
  ]);
});

test("the kill switch holds new work until it is lifted, for one organization or for all", async () => {
  await using api = await startTestApi();
  const tenant = await api.addTenant("other");
  const set = await api.client.killSwitch.set({ reason: "something is wrong" });
  expect(set.active).toMatchObject([{ scope: "organization", reason: "something is wrong" }]);
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.engine.startWorker();
  await api.engine.reaches(id, "halted");
  expect((await api.client.killSwitch.lift()).active).toEqual([]);
  await api.engine.reaches(id, "succeeded");
  expect(await refusalOf(tenant.client.killSwitch.set({ reason: "all", scope: "everywhere" }))).toEqual([
    403,
    "scope_missing",
  ]);
  await api.client.killSwitch.set({ reason: "all of it", scope: "everywhere" });
  expect((await tenant.client.killSwitch.get()).active).toMatchObject([{ scope: "everywhere" }]);
  expect((await api.client.killSwitch.lift({ scope: "everywhere" })).active).toEqual([]);
});

test("logs are read as text or line by line, from where one stopped, and followed until the run's end", async () => {
  await using api = await startTestApi();
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  const schedule = (ms: number, work: () => void) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  };
  const log = { pool: api.engine.db, store: api.blobs, schedule, org: api.org, run: id, attempt: "a1" };
  const writer = createLogWriter(log);
  for (const text of ["first\n", "second\n"]) await writer.append("stdout", text, Date.now());
  await writer.close();
  expect(await (await api.request(`${apiPrefix}/runs/${id}/logs`)).text()).toBe("first\nsecond\n");
  const lines = await collect(api.client.runs.logs(id));
  expect(lines.map(({ text, attempt }) => [text, attempt])).toEqual([
    ["first\n", "a1"],
    ["second\n", "a1"],
  ]);
  const rest = await collect(api.client.runs.logs(id, { after: lines[0]?.cursor ?? "" }));
  expect(rest.map(({ text }) => text)).toEqual(["second\n"]);
  expect((await collect(api.client.runs.logs(id, { tail: 1 }))).map(({ text }) => text)).toEqual(["second\n"]);
  expect(await refusalOf(api.client.runs.logs(id, { tail: 1, after: lines[0]?.cursor ?? "" }).next())).toEqual([
    400,
    "invalid_request",
  ]);
  const followed = collect(api.client.runs.logs(id, { follow: true }));
  await api.engine.startWorker();
  expect(await followed).toHaveLength(2);
});

test("an artifact is given out only where the run's history names it", async () => {
  const content = Buffer.from("evidence");
  let digest = "";
  await using api = await startTestApi({
    tools: [
      {
        name: "test.look",
        run: () => ({
          report: { $artifact: digest, name: "report", bytes: content.length, contentType: "text/plain" },
        }),
      },
    ],
  });
  ({ digest } = await api.blobs.put(api.org, content, { purpose: "artifact" }));
  const secret = await api.blobs.put(api.org, Buffer.from("a working directory"), { purpose: "files" });
  await api.engine.startWorker();
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.engine.reaches(id, "succeeded");
  expect(await new Response(await api.client.runs.artifact(id, digest)).text()).toBe("evidence");
  expect(await api.client.runs.artifacts(id)).toMatchObject({
    items: [{ digest, name: "report", bytes: 8, contentType: "text/plain", step: "look" }],
    more: false,
  });
  expect(await refusalOf(api.client.runs.artifact(id, secret.digest))).toEqual([404, "not_found"]);
});

test("metrics and health answer from this machine; without the database it isn't ready, says so, and stays alive", async () => {
  await using api = await startTestApi();
  await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  expect(metrics).toMatch(/gantry_runs_due 1\n/);
  expect(metrics).toMatch(/gantry_runs\{status="queued"\} 1\n/);
  expect(metrics).toContain('endpoint="runs.create"');
  expect((await fetch(`${api.url}/metrics`, { headers: { "x-forwarded-for": "10.0.0.1" } })).status).toBe(401);
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  const gone = connect("postgresql://nobody@127.0.0.1:1/none", { name: "gone", max: 1, log: silentLog });
  await using cut = await startTestApi({ deps: { pool: gone } });
  expect((await fetch(`${cut.url}/livez`)).status).toBe(200);
  const ready = await fetch(`${cut.url}/readyz`);
  expect([ready.status, ((await ready.json()) as { code: string }).code]).toEqual([503, "database_unavailable"]);
  expect(await refusalOf(cut.client.me.get())).toEqual([503, "database_unavailable"]);
  await gone.end();
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
