import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import Provider from "oidc-provider";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { startBrowserSession, type BrowserSession } from "../../support/browser-session.ts";

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );

let api: TestApi;
/** The real thing. */
const honest = createServer();
let honestUrl = "";
/** One that answers with whatever ID token a test wants. */
const liar = createServer();
let liarUrl = "";
let lie: (nonce: string) => Promise<string>;
let lastNonce = "";
const keys = await generateKeyPair("RS256", { extractable: true });
const strange = await generateKeyPair("RS256", { extractable: true });

beforeAll(async () => {
  [honestUrl, liarUrl] = await Promise.all([listen(honest), listen(liar)]);
  const publicKey = { ...(await exportJWK(keys.publicKey)), kid: "liar", alg: "RS256", use: "sig" };
  liar.on("request", (request, response) => {
    void (async () => {
      const answers: Record<string, () => object | Promise<object>> = {
        "/.well-known/openid-configuration": () => ({
          issuer: liarUrl,
          authorization_endpoint: `${liarUrl}/auth`,
          token_endpoint: `${liarUrl}/token`,
          jwks_uri: `${liarUrl}/jwks`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
        }),
        "/jwks": () => ({ keys: [publicKey] }),
        "/token": async () => ({
          access_token: "x",
          token_type: "Bearer",
          expires_in: 60,
          id_token: await lie(lastNonce),
        }),
      };
      const answer = answers[request.url ?? ""];
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer === undefined ? {} : await answer()));
    })();
  });
  const client = {
    clientId: "gantry",
    clientSecret: "shared-secret-of-the-test",
    scopes: ["openid", "profile", "email", "groups"],
  };
  api = await startTestApi({
    signIn: {
      providers: [
        {
          ...client,
          id: "company",
          name: "Example Inc.",
          issuer: honestUrl,
          teams: { claim: "groups", map: { "sre-admins": ["sre"], others: ["guests"] } },
          join: { organization: "default", domains: ["example.com"], roles: ["operator"] },
        },
        { ...client, id: "liar", name: "Liar", issuer: liarUrl },
      ],
    },
  });
  const provider = new Provider(honestUrl, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [`${api.url}/api/v1/auth/callback/company`],
        response_types: ["code"],
        grant_types: ["authorization_code"],
      },
    ],
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    // Into the ID token, as most providers do.
    conformIdTokenClaims: false,
    findAccount: (_ctx: unknown, id: string) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: "Example Operator",
        email: `${id}@example.com`,
        email_verified: id !== "unverified",
        groups: ["sre-admins", "unmapped"],
      }),
    }),
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/auto/${uid}` },
    loadExistingGrant: async (ctx: { oidc: { client: { clientId: string }; session: { accountId: string } } }) => {
      const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid profile email groups");
      await grant.save();
      return grant;
    },
  });
  const handle = provider.callback();
  honest.on("request", (request, response) => {
    if (request.url?.startsWith("/auto/") !== true) return void handle(request, response);
    const login = { accountId: /account=(\w+)/.exec(request.headers.cookie ?? "")?.[1] ?? "operator" };
    void provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
  });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  for (const server of [honest, liar]) {
    server.closeAllConnections();
    server.close();
  }
});

/** Follows the provider's redirects as a browser would, up to our own callback. */
async function throughProvider(browser: BrowserSession, account: string): Promise<string> {
  const begun = await browser.get("/sign-in/with/company");
  let address = begun.location ?? "";
  const there = startBrowserSession(honestUrl);
  there.cookies.set("account", account);
  for (let step = 0; address.startsWith(honestUrl) && step < 6; step += 1) {
    const { location, text } = await there.get(address);
    if (location === null) throw new Error(text);
    address = new URL(location, honestUrl).href;
  }
  const { pathname, search } = new URL(address);
  return pathname + search;
}

test("somebody of the company's domain signs in there, joins, and enters the teams of their groups", async () => {
  const { rows } = await api.engine.admin.query<{ id: string }>(
    "INSERT INTO teams (org, id, name) VALUES ($1, gen_random_uuid(), 'sre'), ($1, gen_random_uuid(), 'guests') RETURNING id",
    [api.org],
  );
  expect(rows).toHaveLength(2);
  const browser = startBrowserSession(api.url);
  const back = await throughProvider(browser, "operator");
  expect((await browser.get(back)).location).toBe("/");
  const me = JSON.parse((await browser.json("GET", "/api/v1/me")).text);
  expect(me).toMatchObject({ actor: { name: "Example Operator", groups: ["sre"] }, organization: { name: "default" } });
  expect(me.scopes).toEqual(["read", "run"]);
  // The callback's address again, as from the browser's history, and from another browser.
  for (const one of [browser, startBrowserSession(api.url)]) expect((await one.get(back)).location).toMatch(/error=/);
});

test("an address that the provider didn't verify lets nobody join", async () => {
  const browser = startBrowserSession(api.url);
  await browser.get(await throughProvider(browser, "unverified"));
  expect((await browser.json("GET", "/api/v1/me")).status).toBe(401);
});

test("an ID token with another nonce, issuer, audience, key, algorithm or time, or from a mixed-up provider, signs nobody in", async () => {
  const claims = { sub: "1", email: "victim@example.com", email_verified: true, name: "Victim" };
  const token =
    (changes: { nonce?: string; iss?: string; aud?: string; exp?: string; extra?: object }) => (nonce: string) =>
      new SignJWT({ ...claims, nonce: changes.nonce ?? nonce, ...changes.extra })
        .setProtectedHeader({ alg: "RS256", kid: "liar" })
        .setIssuer(changes.iss ?? liarUrl)
        .setAudience(changes.aud ?? "gantry")
        .setIssuedAt()
        .setExpirationTime(changes.exp ?? "5m")
        .sign(keys.privateKey);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const plain = (nonce: string) => ({
    ...claims,
    nonce,
    iss: liarUrl,
    aud: "gantry",
    exp: Math.floor(Date.now() / 1_000) + 300,
  });
  const signInThere = async (query = ""): Promise<[string | null, number]> => {
    const browser = startBrowserSession(api.url);
    const begun = await browser.get("/sign-in/with/liar");
    if (begun.location === null) throw new Error(begun.text);
    const asked = new URL(begun.location);
    lastNonce = asked.searchParams.get("nonce") ?? "";
    expect(asked.searchParams.get("code_challenge_method")).toBe("S256");
    const state = asked.searchParams.get("state") ?? "";
    const answer = await browser.get(`/api/v1/auth/callback/liar?code=x&state=${state}${query}`);
    return [answer.location, (await browser.get("/account")).status];
  };
  lie = token({});
  expect(await signInThere()).toEqual(["/", 200]);
  const lies: [string, typeof lie, string?][] = [
    ["nonce", token({ nonce: "another" })],
    ["issuer", token({ iss: honestUrl })],
    ["audience", token({ aud: "somebody-else" })],
    ["expired", token({ exp: "-5m" })],
    ["none", async (nonce) => `${encode({ alg: "none" })}.${encode(plain(nonce))}.`],
    [
      "HS256 with the client's secret",
      (nonce) =>
        new SignJWT(plain(nonce))
          .setProtectedHeader({ alg: "HS256", kid: "liar" })
          .sign(Buffer.from("shared-secret-of-the-test")),
    ],
    [
      "another key",
      (nonce) => new SignJWT(plain(nonce)).setProtectedHeader({ alg: "RS256", kid: "liar" }).sign(strange.privateKey),
    ],
    ["mix-up", token({}), `&iss=${encodeURIComponent(honestUrl)}`],
  ];
  for (const [name, one, query] of lies) {
    lie = one;
    const [location, status] = await signInThere(query);
    expect([name, /error=/.test(location ?? ""), status]).toEqual([name, true, 303]);
  }
});
