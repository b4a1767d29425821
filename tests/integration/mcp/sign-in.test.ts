import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { McpServerView } from "@gantry/sdk/api";
import { z } from "zod";
import { forgetOldMcpAttempts } from "../../../platform/src/store/agents/mcp-sign-ins.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { startBrowserSession, type BrowserSession } from "../../support/browser-session.ts";
import { createTestCli } from "../../support/cli.ts";
import { startAuthorizationServer, type AuthorizationServer } from "../../support/mcp/authorization-server.ts";
import { said, startScriptedMcp, type ScriptedMcp } from "../../support/mcp/server.ts";

let api: TestApi;
let mcp: ScriptedMcp;
let as: AuthorizationServer;
let owner: BrowserSession;

beforeAll(async () => {
  const search = { description: "Find issues.", input: z.object({}), run: () => said("Nothing found.") };
  [api, mcp] = await Promise.all([startTestApi(), startScriptedMcp({ search })]);
  as = await startAuthorizationServer(() => mcp.url);
  mcp.wants = async (token) => (await as.provider.AccessToken.find(token))?.aud === mcp.url;
  owner = await join("owner@example.com");
});
afterAll(async () => {
  await as?.[Symbol.asyncDispose]();
  await mcp?.[Symbol.asyncDispose]();
  await api?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  Object.assign(mcp, { issuer: as.issuer, scopes: ["tools"], resource: null, lacking: null });
  as.tokenSeconds = 300;
  await api.client.mcpServers.remove("tracker").catch(() => undefined);
  await api.client.mcpServers.put("tracker", { transport: "http", url: mcp.url });
  as.asked.length = 0;
});

async function join(email: string): Promise<BrowserSession> {
  await api.client.invitations.create({ email, roles: ["owner"] });
  const browser = startBrowserSession(api.url);
  const code = new URL(api.mails.at(-1)?.link ?? "").searchParams.get("code") ?? "";
  await browser.post("/accept-invitation", { code, name: email, password: "crimson otter paints seven kites" });
  return browser;
}

async function ask(
  browser = owner,
): Promise<{ status: number; said: { address?: string; code?: string; detail?: string } }> {
  const { status, text } = await browser.json("POST", "/api/v1/mcp-servers/tracker/sign-in", {});
  return { status, said: JSON.parse(text) as { address?: string } };
}

async function begin(): Promise<URL> {
  const { status, said: answer } = await ask();
  expect([status, answer]).toEqual([200, answer]);
  return new URL(answer.address ?? "");
}

/** What the browser gets that comes back from there. */
const comeBack = (back: URL, browser = owner) => browser.get(back.pathname + back.search);

async function signIn(): Promise<McpServerView> {
  const back = await as.visit((await begin()).href);
  expect(await comeBack(back)).toMatchObject({ status: 200, text: expect.stringContaining("Signed in") });
  return api.client.mcpServers.test("tracker");
}

const formsOf = (path: string, grant?: string) =>
  as.asked.filter((one) => one.path === path && (grant === undefined || one.form.get("grant_type") === grant));
const lastToken = () => mcp.headers.at(-1)?.authorization?.slice("Bearer ".length) ?? "";

test("a person signs in once, and the server is looked at with what they allowed", async () => {
  expect(await api.client.mcpServers.test("tracker")).toMatchObject({ problem: { code: "mcp_refused" } });
  const { searchParams } = await begin();
  expect(Object.fromEntries(searchParams)).toMatchObject({
    response_type: "code",
    code_challenge_method: "S256",
    resource: mcp.url,
    scope: "tools offline_access",
  });
  expect(await signIn()).toMatchObject({
    problem: null,
    tools: { waiting: 1 },
    oauth: { by: "person", issuer: null },
    signIn: { by: "owner@example.com", issuer: as.issuer, renews: true, problem: null, begunUntil: null },
  });
  const { items } = await api.client.audit.list({ action: "mcpServers.signedIn" });
  expect(items[0]).toMatchObject({ result: "allowed", target: { server: "tracker" } });
});

test("tokens are stored sealed only, and taken out of what the server says", async () => {
  await signIn();
  const token = lastToken();
  expect(token).toHaveLength(43);
  const { search } = mcp.tools;
  mcp.tools = { search: { ...search!, description: `Your token is ${token}.` } };
  await api.client.mcpServers.test("tracker");
  mcp.tools = { search: search! };
  const [tool] = (await api.client.mcpServers.tools("tracker")).items;
  expect(tool?.description).toBe("Your token is [redacted].");
  const { rows } = await api.engine.admin.query<{ tokens: Buffer }>("SELECT tokens FROM mcp_sign_ins");
  expect(rows.map(({ tokens }) => tokens.includes(token))).toEqual([false]);
});

test("tokens are renewed once, however many want them at the same time", async () => {
  // Less than what is kept in hand: each use renews them.
  as.tokenSeconds = 20;
  await signIn();
  const looks = await Promise.all(Array.from({ length: 4 }, () => api.client.mcpServers.test("tracker")));
  expect(looks.map(({ problem }) => problem)).toEqual([null, null, null, null]);
  const used = formsOf("/token", "refresh_token").map(({ form }) => form.get("refresh_token"));
  expect(used.length).toBeGreaterThan(0);
  expect(new Set(used).size).toBe(used.length);
});

test("a sign-in that was taken back there is shown as ended, and nothing is asked with it any more", async () => {
  as.tokenSeconds = 20;
  await signIn();
  await as.takeBack();
  const found = await api.client.mcpServers.test("tracker");
  expect(found).toMatchObject({
    problem: { code: "mcp_sign_in_needed", details: { reason: "ended" } },
    signIn: { problem: "ended", renews: false },
  });
  const { checks } = await api.client.doctor.get({ only: "mcp" });
  expect(checks).toMatchObject([{ name: "mcp", status: "missing", mend: "gantry mcp login tracker" }]);
  const before = as.asked.length;
  expect(await api.client.mcpServers.test("tracker")).toMatchObject({ problem: { code: "mcp_sign_in_needed" } });
  expect(as.asked).toHaveLength(before);
  as.tokenSeconds = 300;
  expect(await signIn()).toMatchObject({ problem: null, signIn: { problem: null } });
});

test("what takes more than was allowed asks for a person again, with what was lacking", async () => {
  await signIn();
  mcp.lacking = async (_body, token) =>
    (await as.provider.AccessToken.find(token))?.scope?.includes("admin") === true ? null : "admin";
  expect(await api.client.mcpServers.test("tracker")).toMatchObject({
    problem: { code: "mcp_sign_in_needed", details: { reason: "scope" } },
    signIn: { problem: "scope", lacks: "admin" },
  });
  const scope = (await begin()).searchParams.get("scope")?.split(" ");
  expect(new Set(scope)).toEqual(new Set(["tools", "offline_access", "admin"]));
  expect(await signIn()).toMatchObject({ problem: null, signIn: { problem: null, lacks: null } });
});

test("only who began it ends it, once, and with a browser that they are signed in with", async () => {
  const back = await as.visit((await begin()).href);
  const stranger = await startBrowserSession(api.url).get(back.pathname + back.search);
  expect(stranger).toMatchObject({ status: 303, location: expect.stringMatching(/^\/sign-in\?next=/) });
  const other = await join("other@example.com");
  expect((await comeBack(back, other)).status).toBe(404);
  expect(formsOf("/token")).toEqual([]);
  expect((await comeBack(back)).status).toBe(200);
  expect((await comeBack(back)).status).toBe(404);
  expect(formsOf("/token")).toHaveLength(1);
});

test("what nobody brought to its end in time is forgotten", async () => {
  const back = await as.visit((await begin()).href);
  await api.engine.admin.query("UPDATE mcp_sign_ins SET attempt_until = now() - interval '1 second'");
  expect((await comeBack(back)).status).toBe(404);
  expect(await forgetOldMcpAttempts(api.engine.db)).toBe(1);
  const { rows } = await api.engine.admin.query("SELECT attempt, attempt_by, attempt_person FROM mcp_sign_ins");
  expect(rows).toEqual([{ attempt: null, attempt_by: null, attempt_person: null }]);
});

test("a credential without a person begins nothing", async () => {
  await expect(api.client.mcpServers.signIn("tracker")).rejects.toMatchObject({ code: "mcp_sign_in_by_person" });
});

test("gantry mcp login says where to go, waits for the person, and shows what the server has", async () => {
  const scopes = ["read", "admin", "secrets"];
  const { status, text } = await owner.json("POST", "/api/v1/api-keys", { name: "command line", scopes });
  expect([status, text]).toEqual([201, text]);
  await using cli = await createTestCli({ url: api.url, key: (JSON.parse(text) as { key: string }).key });
  const login = cli.start(["mcp", "login", "tracker"]);
  const [address = ""] = /http:\S+\/auth\?\S+/.exec(await login.says(/auth\?\S+[^]*with what you allow/)) ?? [];
  expect((await comeBack(await as.visit(address))).status).toBe(200);
  const { code, stdout } = await login.ended;
  expect(stdout).toContain("owner@example.com signed in for the organization");
  expect([code, stdout]).toEqual([0, expect.stringContaining("1 waiting for approval")]);
  const out = await cli.run(["mcp", "logout", "tracker"]);
  expect([out.code, out.stderr]).toEqual([0, expect.stringContaining("Nobody is signed in to tracker any more.")]);
});

test.each([
  ["another issuer", (back: URL) => back.searchParams.set("iss", "https://id.example.com")],
  ["no issuer, where it says that it names itself", (back: URL) => back.searchParams.delete("iss")],
])("an answer that comes from %s is redeemed nowhere", async (_what, change) => {
  const back = await as.visit((await begin()).href);
  change(back);
  expect(await comeBack(back)).toMatchObject({
    status: 422,
    text: expect.stringContaining("isn&#39;t from the authorization server"),
  });
  expect(formsOf("/token")).toEqual([]);
  expect(await api.client.mcpServers.get("tracker")).toMatchObject({ signIn: { by: null, problem: "refused" } });
});

test("a server that wants tokens for another is refused before anybody is sent anywhere", async () => {
  mcp.resource = "https://mcp.example.com/mcp";
  expect(await ask()).toMatchObject({
    status: 422,
    said: { code: "mcp_sign_in_refused", detail: expect.stringContaining("for another server") },
  });
  expect(as.asked).toEqual([]);
});

test("where a person named the authorization server, it is no other", async () => {
  const oauth = { by: "person" as const, issuer: "https://id.example.com" };
  await api.client.mcpServers.put("tracker", { transport: "http", url: mcp.url, oauth });
  expect(await ask()).toMatchObject({
    status: 422,
    said: { code: "mcp_sign_in_refused", detail: expect.stringContaining("doesn't name") },
  });
  expect(as.asked).toEqual([]);
});

test("signing out tells the authorization server, and so does removing the server or its address", async () => {
  await signIn();
  const token = lastToken();
  expect(await api.client.mcpServers.signOut("tracker")).toMatchObject({ signIn: null });
  expect(formsOf("/token/revocation")).toHaveLength(1);
  expect(await as.provider.AccessToken.find(token)).toBeUndefined();
  expect(await api.client.mcpServers.test("tracker")).toMatchObject({
    problem: { code: "mcp_sign_in_needed", details: { reason: "never" } },
  });
  await signIn();
  await api.client.mcpServers.put("tracker", { transport: "http", url: "https://mcp.example.com/" });
  expect(formsOf("/token/revocation")).toHaveLength(2);
  await api.client.mcpServers.put("tracker", { transport: "http", url: mcp.url });
  await signIn();
  await api.client.mcpServers.remove("tracker");
  expect(formsOf("/token/revocation")).toHaveLength(3);
});
