import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createClient, signInByDevice } from "@gantry/sdk/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { startBrowserSession, type BrowserSession } from "../../support/browser-session.ts";
import { addAuthenticator, forgetCodes } from "../../support/second-factor.ts";

const password = "crimson otter paints seven kites";
const stolen = "violet badger counts nine spoons";

let api: TestApi;
const breaches = createServer((request, response) => {
  const hash = createHash("sha1").update(stolen).digest("hex").toUpperCase();
  response.end(request.url === `/range/${hash.slice(0, 5)}` ? `${"0".repeat(35)}:3\r\n${hash.slice(5)}:42\r\n` : "");
});
beforeAll(async () => {
  await new Promise<void>((resolve) => breaches.listen(0, "127.0.0.1", resolve));
  const { port } = breaches.address() as AddressInfo;
  api = await startTestApi({ signIn: { breachListUrl: `http://127.0.0.1:${port}` } });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  breaches.close();
});

/** A member, with a browser where they are signed in. */
async function join(email: string, roles: "admin"[] = ["admin"]): Promise<BrowserSession> {
  await api.client.invitations.create({ email, roles });
  const link = api.mails.findLast(({ to }) => to === email)?.link ?? "";
  const browser = startBrowserSession(api.url);
  const code = new URL(link).searchParams.get("code") ?? "";
  const joined = await browser.post("/accept-invitation", { code, name: email, password });
  expect(joined.location).toBe("/");
  return browser;
}

test("an invitation brings in whom it is for, with its roles, until it is revoked or sent again", async () => {
  const browser = await join("member@example.com");
  const me = JSON.parse((await browser.json("GET", "/api/v1/me")).text);
  expect(me.actor.name).toBe("member@example.com");
  expect(me.scopes).toContain("admin");

  const sent = await api.client.invitations.create({ email: "late@example.com" });
  expect(sent).toMatchObject({ state: "open", link: null, roles: ["viewer"] });
  const first = api.mails.at(-1)?.link ?? "";
  await api.client.invitations.resend(sent.id);
  const second = api.mails.at(-1)?.link ?? "";
  expect(second).not.toBe(first);
  const open = (link: string) => startBrowserSession(api.url).get(link.slice(link.indexOf("/accept")));
  expect((await open(first)).status).toBe(410);
  expect((await open(second)).status).toBe(200);
  expect((await open(`${second.slice(0, -1)}${second.endsWith("A") ? "B" : "A"}`)).status).toBe(410);
  await api.client.invitations.revoke(sent.id);
  expect((await open(second)).status).toBe(410);
  expect((await api.client.invitations.list()).items.map(({ state }) => state)).toEqual(["revoked", "accepted"]);
});

test("an administrator who isn't an owner makes nobody an owner", async () => {
  const { client } = await api.addPerson("plain administrator");
  const invite = client.invitations.create({ email: "crony@example.com", roles: ["owner"] });
  expect(await refusalOf(invite)).toEqual([403, "role_beyond_own"]);
  const account = client.serviceAccounts.create({ name: "crony", roles: ["owner"] });
  expect(await refusalOf(account)).toEqual([403, "role_beyond_own"]);
});

test("a stolen password is refused, and the list of them sees five digits of its hash", async () => {
  await api.client.invitations.create({ email: "careless@example.com" });
  const code = new URL(api.mails.at(-1)?.link ?? "").searchParams.get("code") ?? "";
  const form = { code, name: "Careless", password: stolen };
  const refused = await startBrowserSession(api.url).post("/accept-invitation", form);
  expect(refused.text).toContain("stands 42 times in lists of stolen ones");
});

test("a forgotten password is replaced by a link that is good once, and ends all sessions", async () => {
  const browser = await join("forgetful@example.com");
  const other = startBrowserSession(api.url);
  await other.post("/forgot-password", { email: "forgetful@example.com" });
  const mail = api.mails.at(-1);
  expect(mail?.to).toBe("forgetful@example.com");
  const token = new URL(mail?.link ?? "").searchParams.get("token") ?? "";
  const fresh = "seven calm walruses read maps";
  expect((await other.post("/reset-password", { token, password: "short" })).status).toBe(422);
  expect((await other.post("/reset-password", { token, password: fresh })).location).toBe("/sign-in?done=password");
  expect((await other.post("/reset-password", { token, password: fresh })).status).toBe(401);
  expect((await browser.json("GET", "/api/v1/me")).status).toBe(401);
  expect((await other.post("/sign-in", { email: "forgetful@example.com", password })).status).toBe(401);
  expect((await other.post("/sign-in", { email: "forgetful@example.com", password: fresh })).location).toBe("/");
  const before = api.mails.length;
  await other.post("/forgot-password", { email: "stranger@example.com" });
  expect(api.mails).toHaveLength(before);
});

test("an authenticator app's code is asked for, counts once, and is noted as a proof; a recovery code does too", async () => {
  const email = "careful@example.com";
  const browser = await join(email);
  const authenticator = await addAuthenticator(browser, password);
  const { recovery } = authenticator;
  expect(recovery).toHaveLength(10);

  const again = startBrowserSession(api.url);
  const asked = await again.post("/sign-in", { email, password });
  expect(asked.location).toBe("/sign-in/code?next=%2F");
  expect((await again.json("GET", "/api/v1/me")).status).toBe(401);
  // The code that was used to set it up.
  expect((await again.post("/sign-in/code", { code: await authenticator.code() })).status).toBe(401);
  expect((await again.post("/sign-in/code", { code: recovery[0] ?? "" })).location).toBe("/");
  const me = JSON.parse((await again.json("GET", "/api/v1/me")).text);
  expect(me.credential.kind).toBe("session");
  expect(me.credential.mfaAt).not.toBeNull();

  const third = startBrowserSession(api.url);
  await third.post("/sign-in", { email, password });
  expect((await third.post("/sign-in/code", { code: recovery[0] ?? "" })).status).toBe(401);

  // Outside a sign-in, for instance for a decision: once, too.
  await forgetCodes(api.engine.admin);
  const proof = { totp: await authenticator.code() };
  const { signIn } = api;
  expect(await signIn.verifySecondFactor(me.person, { totp: "000000" })).toBe(false);
  expect(await signIn.verifySecondFactor(me.person, proof)).toBe(true);
  expect(await signIn.verifySecondFactor(me.person, proof)).toBe(false);

  // To break the glass: with a key it is asked for, after a sign-in with it isn't.
  const sql = (text: string) => api.engine.admin.query(text, [me.actor.id]);
  await sql(`INSERT INTO role_bindings (org, id, role, actor)
    SELECT org, gen_random_uuid(), 'security', id FROM actors WHERE id = $1 ON CONFLICT DO NOTHING`);
  const { key } = await api.client.apiKeys.create({ actor: me.actor.id, scopes: ["read", "run"] });
  const open = (totp?: string) =>
    createClient({ url: api.url, key, tries: 1 }).breakGlass.open({
      project: "default",
      reason: "Checkout is down and nobody answers",
      ...(totp === undefined ? {} : { totp }),
    });
  await expect(open()).rejects.toMatchObject({ code: "mfa_required" });
  await expect(open("000000")).rejects.toMatchObject({ code: "second_factor_refused" });
  await forgetCodes(api.engine.admin);
  expect(await open(await authenticator.code())).toMatchObject({ proof: "totp", open: true });
});

test("gantry login is allowed in a browser, and its session ends with a sign-out elsewhere", async () => {
  const browser = await join("operator@example.com");
  let asked = "";
  const signedIn = signInByDevice({
    url: api.url,
    userAgent: "gantry-cli/test",
    now: Date.now,
    onCode: ({ urlWithCode }) => {
      asked = urlWithCode;
      void (async () => {
        const address = new URL(urlWithCode);
        const page = await browser.get(address.pathname + address.search);
        expect(page.text).toContain("A command line wants to work as");
        const code = address.searchParams.get("user_code") ?? "";
        expect((await browser.post("/device", { user_code: code, decision: "allow" })).text).toContain(
          "signed in as you",
        );
      })();
    },
  });
  const key = await signedIn;
  expect(asked).toContain("/device?user_code=");
  const client = createClient({ url: api.url, key, tries: 1 });
  const me = await client.me.get();
  expect(me).toMatchObject({ actor: { name: "operator@example.com" }, credential: { kind: "session" } });
  // A copy of the database isn't enough to use it.
  const { rows } = await api.engine.admin.query<{ token: string }>("SELECT token FROM auth.session");
  for (const { token } of rows) {
    const refused = createClient({ url: api.url, key: `gantry_session_${token}`, tries: 1 }).me.get();
    expect(await refusalOf(refused)).toEqual([401, "unauthorized"]);
  }
  const { items } = await client.sessions.list();
  expect(items.filter(({ current }) => current).map(({ id }) => id)).toEqual([me.credential.id]);
  expect(items).toHaveLength(2);
  await client.sessions.rename(me.credential.id, "Build machine");
  expect((await browser.get("/account")).text).toContain("Build machine");
  await browser.post("/account/sessions/end", { id: "others" });
  expect(await refusalOf(client.me.get())).toEqual([401, "unauthorized"]);
  expect((await browser.json("GET", "/api/v1/me")).status).toBe(200);
});

test("a session ends when it is old, and when it wasn't used for too long", async () => {
  const browser = await join("sleeper@example.com");
  const set = (column: string, value: string) =>
    api.engine.admin.query(`UPDATE auth.session SET "${column}" = ${value}`);
  await set("lastSeenAt", "now() - interval '11 minutes'");
  expect((await browser.json("GET", "/api/v1/me")).status).toBe(401);
  expect((await browser.get("/account")).location).toBe("/sign-in?next=/account");
  // Neither where better-auth itself is asked.
  expect((await browser.json("POST", "/api/v1/auth/two-factor/enable", { password })).status).toBe(401);
  await set("lastSeenAt", "now()");
  expect((await browser.json("GET", "/api/v1/me")).status).toBe(200);
  await set("expiresAt", "now()");
  expect((await browser.json("GET", "/api/v1/me")).status).toBe(401);
});

test("a token does what its key may, for minutes, and dies with it", async () => {
  const created = await api.client.apiKeys.create({ name: "ci", scopes: ["read", "run"] });
  const owner = createClient({ url: api.url, key: created.key, tries: 1 });
  const { token, scopes } = await owner.tokens.create({ scopes: ["read"], seconds: 60 });
  expect(scopes).toEqual(["read"]);
  const holder = createClient({ url: api.url, key: token, tries: 1 });
  expect(await holder.me.get()).toMatchObject({ credential: { kind: "token" }, scopes: ["read"] });
  expect(await refusalOf(holder.killSwitch.set({ reason: "no" }))).toEqual([403, "scope_missing"]);
  expect(await refusalOf(holder.tokens.create({}))).toEqual([403, "token_of_token"]);
  expect(await refusalOf(owner.tokens.create({ scopes: ["admin"] }))).toEqual([403, "scope_missing"]);

  const [head = "", body = "", signature = ""] = token.split(".");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  const write = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  expect(read(head)).toMatchObject({ alg: "EdDSA", typ: "gantry-access+jwt" });
  const claims = read(body);
  expect(claims).toMatchObject({ aud: "gantry", iss: api.url.replace("127.0.0.1", "localhost"), scope: "read" });
  expect((claims["exp"] as number) - (claims["iat"] as number)).toBe(60);
  const { privateKey } = generateKeyPairSync("ed25519");
  const signed = (h: object, c: object) => {
    const content = `${write(h)}.${write(c)}`;
    return `${content}.${sign(null, Buffer.from(content), privateKey).toString("base64url")}`;
  };
  const forged = [
    `${head}.${write({ ...claims, scope: "admin" })}.${signature}`,
    `${write({ alg: "none", typ: "gantry-access+jwt" })}.${body}.`,
    `${write({ ...read(head), alg: "HS256" })}.${body}.${signature}`,
    signed(read(head), claims),
    signed({ ...read(head), kid: "unknown" }, claims),
    `${head}.${body}.${signature.slice(0, -2)}`,
  ];
  for (const one of forged) {
    const refused = createClient({ url: api.url, key: one, tries: 1 }).me.get();
    expect(await refusalOf(refused)).toEqual([401, "unauthorized"]);
  }
  await api.client.apiKeys.revoke(created.id);
  expect(await refusalOf(holder.me.get())).toEqual([401, "unauthorized"]);
});

test("a key is rotated with an overlap, has an end, and gives nobody more than its creator has", async () => {
  const { client } = await api.addPerson("key keeper", { scopes: ["read", "admin"] });
  expect(await refusalOf(client.apiKeys.create({ scopes: ["run"] }))).toEqual([403, "scope_missing"]);
  const far = new Date(Date.now() + 400 * 86_400_000).toISOString();
  expect(await refusalOf(client.apiKeys.create({ scopes: ["read"], expiresAt: far }))).toEqual([
    400,
    "invalid_request",
  ]);
  const old = await client.apiKeys.create({ name: "robot", scopes: ["read"] });
  expect(Date.parse(old.expiresAt ?? "")).toBeGreaterThan(Date.now() + 364 * 86_400_000);
  const fresh = await client.apiKeys.rotate(old.id, { overlapSeconds: 60 });
  expect(fresh).toMatchObject({ name: "robot", scopes: ["read"] });
  for (const { key } of [old, fresh]) await createClient({ url: api.url, key, tries: 1 }).me.get();
  expect(await refusalOf(client.apiKeys.rotate(old.id))).toEqual([404, "not_found"]);
  const kept = (await client.apiKeys.list()).items.find(({ id }) => id === old.id);
  expect(Date.parse(kept?.expiresAt ?? "")).toBeLessThan(Date.now() + 61_000);
});

test("a service account is disabled with all of its keys", async () => {
  const account = await api.client.serviceAccounts.create({ name: "deploy-bot", roles: ["operator"] });
  const { key } = await api.client.apiKeys.create({ actor: account.id, scopes: ["read"] });
  const bot = createClient({ url: api.url, key, tries: 1 });
  expect((await bot.me.get()).person).toBeNull();
  expect((await api.client.serviceAccounts.disable(account.id)).keys).toBe(0);
  expect(await refusalOf(bot.me.get())).toEqual([401, "unauthorized"]);
});

test("signing in, failing to and changing how is written down", async () => {
  const { rows } = await api.engine.admin.query<{ action: string; result: string }>(
    "SELECT DISTINCT action, result FROM audit_records WHERE action ~ '^(signIn|password|secondFactor|device|invitations.accept)' ORDER BY 1, 2",
  );
  const seen = rows.map(({ action, result }) => `${action} ${result}`);
  for (const one of [
    "signIn.password allowed",
    "signIn.password denied",
    "signIn.code denied",
    "signIn.recoveryCode allowed",
    "password.reset allowed",
    "secondFactor.prepare allowed",
    "device.approve allowed",
    "invitations.accept allowed",
  ])
    expect(seen).toContain(one);
});
