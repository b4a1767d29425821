import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { said, startScriptedMcp, type ScriptedMcp } from "../../support/mcp/server.ts";

const secret = "the-clients-own-secret-of-forty-letters-";
let api: TestApi;
let mcp: ScriptedMcp;
let server: Server;
let issuer: string;
let provider: Provider;
/** For whom the tokens were that the server took. */
const audiences: string[] = [];
/** Requests for a token. */
let asked = 0;

beforeAll(async () => {
  const search = { description: "Find issues.", input: z.object({}), run: () => said("Nothing found.") };
  [api, mcp] = await Promise.all([startTestApi(), startScriptedMcp({ search })]);
  server = createServer((request, response) => {
    if (request.url === "/token") asked++;
    void provider.callback()(request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  provider = new Provider(issuer, {
    clients: [
      {
        client_id: "gantry",
        client_secret: secret,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    scopes: ["tools"],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: "tools", accessTokenFormat: "opaque", accessTokenTTL: 60 }),
      },
    },
  });
  mcp.wants = async (token) => {
    const found = await provider.ClientCredentials.find(token);
    if (found !== undefined) audiences.push(found.aud);
    return found?.aud === mcp.url;
  };
  await api.client.secrets.put("tracker-client", secret);
  await api.client.secrets.put("wrong-client", "not-the-secret");
});
afterAll(async () => {
  server?.close();
  await mcp?.[Symbol.asyncDispose]();
  await api?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  mcp.issuer = issuer;
  audiences.length = 0;
  asked = 0;
});

const lookWith = async (oauth: object) => {
  await api.client.mcpServers.put("tracker", {
    transport: "http",
    url: mcp.url,
    oauth: { issuer, client: "gantry", secret: "tracker-client", ...oauth },
  });
  return api.client.mcpServers.test("tracker");
};

test("a token is asked for at the server's authorization server, for that server alone", async () => {
  const found = await lookWith({ scope: "tools" });
  expect(found).toMatchObject({ problem: null, tools: { waiting: 1 }, oauth: { issuer, client: "gantry" } });
  expect(new Set(audiences)).toEqual(new Set([mcp.url]));
  expect(JSON.stringify(found)).not.toContain(secret);
});

test("a server that names another authorization server gets nobody's secret sent there", async () => {
  const found = await lookWith({ issuer: "https://id.example.com" });
  expect(found.problem).toMatchObject({ code: "mcp_refused" });
  expect(asked).toBe(0);
});

test("a secret that the authorization server doesn't know is refused without being told", async () => {
  const found = await lookWith({ secret: "wrong-client" });
  expect(found.problem).toMatchObject({ code: "mcp_refused" });
  expect(JSON.stringify(found)).not.toContain("not-the-secret");
  expect(asked).toBe(1);
});

test("headers from secrets and a token of its own don't go together", async () => {
  await expect(
    api.client.mcpServers.put("tracker", {
      transport: "http",
      url: mcp.url,
      secrets: { bearer: "tracker-client" },
      oauth: { issuer, client: "gantry", secret: "tracker-client" },
    }),
  ).rejects.toMatchObject({ status: 400 });
});
