import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { startBrowserSession, type BrowserSession } from "../../support/browser-session.ts";
import { startScriptedMcp, type ScriptedMcp } from "../../support/mcp/server.ts";

/** An authorization server that answers whatever a test wants, and keeps what it was asked. */
let liar: Server;
let issuer: string;
let answers: Record<string, () => { status?: number; location?: string; body?: object }>;
const asked: string[] = [];

let api: TestApi;
let mcp: ScriptedMcp;
let owner: BrowserSession;

beforeAll(async () => {
  [api, mcp] = await Promise.all([startTestApi(), startScriptedMcp({})]);
  liar = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    asked.push(pathname);
    const { status = 200, location, body = {} } = answers[pathname]?.() ?? { status: 404 };
    response.writeHead(status, { "content-type": "application/json", ...(location !== undefined && { location }) });
    response.end(JSON.stringify(body));
  });
  await once(liar.listen(0, "127.0.0.1"), "listening");
  issuer = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
  mcp.wants = "nobody-has-it";
  mcp.issuer = issuer;
  await api.client.invitations.create({ email: "owner@example.com", roles: ["owner"] });
  owner = startBrowserSession(api.url);
  const code = new URL(api.mails.at(-1)?.link ?? "").searchParams.get("code") ?? "";
  await owner.post("/accept-invitation", { code, name: "Owner", password: "crimson otter paints seven kites" });
  await api.client.mcpServers.put("tracker", { transport: "http", url: mcp.url });
});
afterAll(async () => {
  liar?.closeAllConnections();
  liar?.close();
  await mcp?.[Symbol.asyncDispose]();
  await api?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  asked.length = 0;
  answers = { [described]: () => ({ body: honest() }), "/register": () => ({ status: 201, body: client }) };
});

const described = "/.well-known/oauth-authorization-server";
const client = { client_id: "made-here", redirect_uris: [] };
const honest = () => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/register`,
  response_types_supported: ["code"],
  code_challenge_methods_supported: ["S256"],
  token_endpoint_auth_methods_supported: ["none"],
});

async function begin(): Promise<{ status: number; address?: string; code?: string; detail?: string }> {
  const { status, text } = await owner.json("POST", "/api/v1/mcp-servers/tracker/sign-in", {});
  return { status, ...(JSON.parse(text) as object) };
}

/** The person comes back with a code, and the page says what came of it. */
async function comeBack(address: string): Promise<{ status: number; text: string }> {
  const { searchParams } = new URL(address);
  const query = new URLSearchParams({ code: "a-code", state: searchParams.get("state") ?? "" });
  return owner.get(`/mcp/oauth/callback?${query.toString()}`);
}

test.each([
  ["calls itself another", { issuer: "https://id.example.com" }, "says that it is another"],
  ["takes no PKCE", { code_challenge_methods_supported: ["plain"] }, "PKCE"],
  ["doesn't say that it takes PKCE", { code_challenge_methods_supported: undefined }, "PKCE"],
  ["sends people where there is no TLS", { authorization_endpoint: "http://id.example.com/authorize" }, "TLS"],
  ["has people's browsers run something", { authorization_endpoint: "javascript:alert(1)" }, "can&#39;t be used"],
  ["registers nobody", { registration_endpoint: undefined }, "registers nobody"],
])("nobody is sent to an authorization server that %s", async (_what, part, why) => {
  answers[described] = () => ({ body: { ...honest(), ...part } });
  const found = await begin();
  expect(found).toMatchObject({ status: 422, code: "mcp_sign_in_refused" });
  expect(found.detail).toContain(why.replace("&#39;", "'"));
  expect(found.address).toBeUndefined();
});

test("a description isn't fetched from where it leads", async () => {
  answers[described] = () => ({ status: 302, location: `${issuer}/elsewhere` });
  answers["/elsewhere"] = () => ({ body: honest() });
  expect(await begin()).toMatchObject({ status: 422 });
  expect(asked).not.toContain("/elsewhere");
});

test("a code isn't given away without TLS, nor where the token's address leads", async () => {
  answers[described] = () => ({ body: { ...honest(), token_endpoint: "http://id.example.com/token" } });
  expect(await comeBack((await begin()).address ?? "")).toMatchObject({ status: 422 });
  answers[described] = () => ({ body: honest() });
  answers["/token"] = () => ({ status: 307, location: `${issuer}/elsewhere` });
  answers["/elsewhere"] = () => ({ body: { access_token: "stolen", token_type: "Bearer" } });
  expect(await comeBack((await begin()).address ?? "")).toMatchObject({ status: 422 });
  expect(asked).toContain("/token");
  expect(asked).not.toContain("/elsewhere");
});

test.each([
  ["a token of a kind that isn't known", { access_token: "one-of-theirs", token_type: "mac" }],
  ["no token", { token_type: "Bearer" }],
  ["an error with its words", { error: "invalid_grant", error_description: "<b>a-code</b> is no code" }],
])("%s keeps nothing, and its words are shown to nobody", async (_what, body) => {
  answers["/token"] = () => ({ status: "error" in body ? 400 : 200, body });
  const { status, text } = await comeBack((await begin()).address ?? "");
  expect(status).toBe(422);
  expect(text).not.toContain("a-code");
  expect(await api.client.mcpServers.get("tracker")).toMatchObject({ signIn: { by: null, problem: "refused" } });
});

test("addresses inside are as closed to an authorization server as to any other", async () => {
  mcp.issuer = "http://169.254.169.254";
  expect((await begin()).status).toBeGreaterThanOrEqual(400);
  mcp.issuer = issuer;
  answers[described] = () => ({ body: { ...honest(), registration_endpoint: "http://10.0.0.1/register" } });
  expect((await begin()).status).toBeGreaterThanOrEqual(400);
});
