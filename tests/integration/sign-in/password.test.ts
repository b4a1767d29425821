import { afterAll, beforeAll, expect, test } from "vitest";
import { firstAdministratorLink } from "../../../platform/src/api/index.ts";
import { createClient } from "@gantry/sdk/client";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { startBrowserSession } from "../../support/browser-session.ts";
import { newId } from "../../support/engine.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const password = "crimson otter paints seven kites";
const owner = { name: "First owner", email: "owner@example.com" };

test("the first person becomes the owner by a link that is good once", async () => {
  const link = await firstAdministratorLink({ pool: api.engine.db, keyring: api.keyring, newId }, api.url);
  // Whoever asks again gets the same one.
  expect(await firstAdministratorLink({ pool: api.engine.db, keyring: api.keyring, newId }, api.url)).toBe(link);
  const code = new URL(link ?? "").searchParams.get("code") ?? "";

  const browser = startBrowserSession(api.url);
  const page = await browser.get(`/accept-invitation?code=${code}`);
  expect(page.text).toContain("You are invited to <strong>default</strong> as <strong>owner</strong>.");
  const weak = await browser.post("/accept-invitation", { code, ...owner, password: "passwordpassword" });
  expect(weak.status).toBe(422);
  expect(weak.text).toContain("too easy to guess");
  const joined = await browser.post("/accept-invitation", { code, ...owner, password });
  expect(joined.location).toBe("/onboarding");

  const me = await browser.json("GET", "/api/v1/me");
  expect(JSON.parse(me.text)).toMatchObject({
    organization: { name: "default" },
    actor: { kind: "user", name: "First owner", groups: ["administrators", "approvers"] },
    // Whoever has that link runs the host; acting for the installation takes a second factor still.
    installation: { administers: true, until: null },
  });
  const again = await startBrowserSession(api.url).post("/accept-invitation", {
    code,
    name: "Second",
    email: "second@example.com",
    password,
  });
  expect(again.status).toBe(410);
  expect(await firstAdministratorLink({ pool: api.engine.db, keyring: api.keyring, newId }, api.url)).toBeNull();
});

test("somebody signs in with a password, works with the cookie, and signs out", async () => {
  const browser = startBrowserSession(api.url);
  const wrong = await browser.post("/sign-in", { email: owner.email, password: "not this one at all" });
  expect(wrong.status).toBe(401);
  const unknown = await browser.post("/sign-in", { email: "nobody@example.com", password });
  expect(unknown.text.replaceAll("nobody@", "owner@")).toBe(wrong.text);

  const entered = await browser.post("/sign-in", { email: owner.email, password, next: "/device" });
  expect(entered.location).toBe("/device");
  const cookie = entered.headers.getSetCookie().find((one) => one.startsWith("gantry.session_token="));
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Lax/);
  expect((await browser.json("GET", "/api/v1/me")).status).toBe(200);

  const out = await browser.post("/sign-out", {});
  expect(out.location).toBe("/sign-in");
  expect((await browser.json("GET", "/api/v1/me")).status).toBe(401);
});

test("what another site makes a browser send is refused before anything happens", async () => {
  const browser = startBrowserSession(api.url);
  await browser.post("/sign-in", { email: owner.email, password });
  const body = { kind: "service", name: "made-by-another-site" };
  const forged = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `${api.url}.evil.example` },
    { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
    { origin: "null", "sec-fetch-site": "cross-site" },
  ];
  for (const headers of forged) {
    const refused = await browser.json("POST", "/api/v1/actors", body, headers);
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([403, "csrf_refused"]);
    expect((await browser.post("/account/sessions/end", { id: "others" }, headers)).status).toBe(403);
    expect((await browser.post("/sign-in", { email: owner.email, password }, headers)).status).toBe(403);
  }
  const names = (await api.client.actors.list()).items.map(({ name }) => name);
  expect(names).not.toContain(body.name);
  expect(
    (await browser.json("POST", "/api/v1/actors", body, { origin: "null", "sec-fetch-site": "same-origin" })).status,
  ).toBe(201);
});

test("wrong passwords for one address wait longer and longer, known here or not, and its owner hears of it once", async () => {
  const guess = (email: string, secret = "not this one at all") =>
    startBrowserSession(api.url).json("POST", "/api/v1/auth/sign-in/email", { email, password: secret });
  const mails = api.mails.length;
  for (const email of [owner.email, "unknown@example.com"]) {
    for (let n = 0; n < 6; n += 1) expect((await guess(email)).status).toBe(401);
    const refused = await guess(email);
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([429, "sign_in_locked"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  // The right one isn't looked at either.
  expect((await guess(owner.email, password)).status).toBe(429);
  const told = await api.engine.until(async () => api.mails.length > mails && api.mails.slice(mails));
  expect(told.map(({ to, subject }) => [to, subject])).toEqual([[owner.email, "Gantry: wrong passwords"]]);
  const { rows } = await api.engine.admin.query("SELECT FROM audit_records WHERE action = 'signIn.locked'");
  expect(rows).toHaveLength(2);
  await api.engine.admin.query("UPDATE auth.sign_in_failures SET locked_until = now()");
  expect((await guess(owner.email)).status).toBe(401);
  // Twice as long as the first.
  const { rows: waits } = await api.engine.admin.query(
    "SELECT round(EXTRACT(epoch FROM locked_until - last_at))::int AS seconds FROM auth.sign_in_failures WHERE failures = 7",
  );
  expect(waits).toEqual([{ seconds: 30 }]);
  await api.engine.admin.query("UPDATE auth.sign_in_failures SET locked_until = now()");
  expect((await guess(owner.email, password)).status).toBe(200);
  const { rowCount } = await api.engine.admin.query("SELECT FROM auth.sign_in_failures WHERE failures > 6");
  expect(rowCount).toBe(0);
});

test("who is put out of the installation has no session, key or token from the next request on, and comes back with their roles", async () => {
  const browser = startBrowserSession(api.url);
  await browser.post("/sign-in", { email: owner.email, password });
  const me = JSON.parse((await browser.json("GET", "/api/v1/me")).text) as { person: string; actor: { id: string } };
  const { key } = await api.client.apiKeys.create({ actor: me.actor.id, name: "laptop", scopes: ["read"] });
  const { token } = await createClient({ url: api.url, key, tries: 1 }).tokens.create({});
  const answers = async () => [
    (await browser.json("GET", "/api/v1/me")).status,
    (await api.request("/api/v1/me", { key })).status,
    (await api.request("/api/v1/me", { key: token })).status,
  ];
  expect(await answers()).toEqual([200, 200, 200]);

  const everywhere = await api.addPerson("installer", { scopes: ["admin:everywhere"] });
  expect(await everywhere.client.people.disable(me.person, "left")).toMatchObject({ organizations: ["default"] });
  expect(await answers()).toEqual([401, 401, 401]);
  const refused = await browser.json("POST", "/api/v1/auth/sign-in/email", { email: owner.email, password });
  expect([refused.status, JSON.parse(refused.text).code]).toEqual([403, "person_disabled"]);
  // Whatever better-auth lets through, the database doesn't.
  const forged = api.engine.admin.query(
    `INSERT INTO auth.session (id, token, "userId", "expiresAt") VALUES ($1, 'forged', $2, now() + interval '1 day')`,
    [newId(), me.person],
  );
  await expect(forged).rejects.toThrow("is disabled");

  expect((await everywhere.client.people.enable(me.person, "came back")).disabledAt).toBeNull();
  // Sessions are gone for good; keys work again, with the roles from before.
  expect(await answers()).toEqual([401, 200, 200]);
  await browser.post("/sign-in", { email: owner.email, password });
  expect((await browser.json("GET", "/api/v1/me")).status).toBe(200);
  expect((await api.client.roles.list({ actor: me.actor.id })).items).toMatchObject([{ role: "owner" }]);
  const records = await api.engine.admin.query<{ action: string; reason: string }>(
    "SELECT action, reason FROM audit_records WHERE action LIKE 'people.%' OR action = 'tokens.create' ORDER BY at",
  );
  expect(records.rows.map(({ action, reason }) => [action, reason])).toEqual([
    ["tokens.create", null],
    ["people.disable", "left"],
    ["people.enable", "came back"],
  ]);
});
