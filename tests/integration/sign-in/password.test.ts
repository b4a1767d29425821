import { afterAll, beforeAll, expect, test } from "vitest";
import { firstAdministratorLink } from "../../../platform/src/api/index.ts";
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
  expect(joined.location).toBe("/account?done=joined");

  const me = await browser.json("GET", "/api/v1/me");
  expect(JSON.parse(me.text)).toMatchObject({
    organization: { name: "default" },
    actor: { kind: "user", name: "First owner", groups: ["administrators", "approvers"] },
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
