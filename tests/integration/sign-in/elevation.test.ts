import { afterAll, beforeAll, expect, test } from "vitest";
import type { Scope } from "@gantry/sdk/api";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { startBrowserSession, type BrowserSession } from "../../support/browser-session.ts";
import { addAuthenticator, forgetCodes, type Authenticator } from "../../support/second-factor.ts";

const password = "crimson otter paints seven kites";
let api: TestApi;
let host: TestApi["client"];

beforeAll(async () => {
  api = await startTestApi();
  ({ client: host } = await api.addPerson("host", { scopes: ["read", "admin", "admin:everywhere"], roles: ["owner"] }));
});
afterAll(() => api[Symbol.asyncDispose]());

/** Somebody with a browser, and an authenticator app. */
async function join(email: string, role: "owner" | "admin" = "owner"): Promise<BrowserSession & Authenticator> {
  await api.client.invitations.create({ email, roles: [role] });
  const browser = await accept(api.mails.at(-1)?.link ?? "", email);
  return { ...browser, ...(await addAuthenticator(browser, password)) };
}

async function accept(link: string, name: string): Promise<BrowserSession> {
  const browser = startBrowserSession(api.url);
  const code = new URL(link).searchParams.get("code") ?? "";
  expect((await browser.post("/accept-invitation", { code, name, password })).location).toBe("/");
  return browser;
}

async function administer(email: string): Promise<string> {
  const { id = "" } = (await host.people.list()).items.find((one) => one.email === email) ?? {};
  expect((await host.people.administer(id, "Runs the host")).administersSince).not.toBeNull();
  return id;
}

async function ask(browser: BrowserSession, method: string, path: string, body?: object): Promise<[number, Said]> {
  const { status, text } = await browser.json(method, `/api/v1${path}`, body);
  return [status, (text === "" ? {} : JSON.parse(text)) as Said];
}
interface Said {
  code?: string;
  scopes?: Scope[];
  until?: string | null;
  installation?: { administers: boolean; until: string | null };
}

async function elevate(browser: BrowserSession & Authenticator): Promise<void> {
  await forgetCodes(api.engine.admin);
  expect(await ask(browser, "POST", "/me/elevation", { totp: await browser.code() })).toMatchObject([200, {}]);
}

test("a session of the installation's administrator acts for it after a code, until it is ended", async () => {
  const browser = await join("administrator@example.com");
  const person = await administer("administrator@example.com");
  expect((await ask(browser, "GET", "/backups"))[1].code).toBe("scope_missing");
  expect((await ask(browser, "POST", "/me/elevation", { totp: "000000" }))[1].code).toBe("second_factor_refused");
  expect((await ask(browser, "POST", "/me/elevation", {}))[1].code).toBe("second_factor_refused");
  await elevate(browser);
  // A code counts once here, too.
  const [again, said] = await ask(browser, "POST", "/me/elevation", { totp: await browser.code() });
  expect([again, said.code]).toEqual([403, "second_factor_refused"]);

  const [, me] = await ask(browser, "GET", "/me");
  expect(me.scopes).toContain("admin:everywhere");
  expect(Date.parse(me.installation?.until ?? "") - Date.now()).toBeLessThanOrEqual(15 * 60_000);
  expect((await ask(browser, "GET", "/people"))[0]).toBe(200);

  // What would outlast it: a key, a token, another administrator.
  for (const [path, body] of [
    ["/api-keys", { scopes: ["admin:everywhere"] }],
    ["/tokens", { scopes: ["admin:everywhere"] }],
    [`/people/${person}/administer`, { reason: "again" }],
  ] as const) {
    const [status, refused] = await ask(browser, "POST", path, body);
    expect([path, status, refused.code]).toEqual([path, 403, "host_key_needed"]);
  }
  expect((await ask(browser, "POST", "/tokens", {}))[1].scopes).not.toContain("admin:everywhere");

  expect((await ask(browser, "DELETE", "/me/elevation"))[0]).toBe(204);
  expect((await ask(browser, "GET", "/people"))[1].code).toBe("scope_missing");
  const { items } = await api.client.audit.list({});
  expect(items.map(({ action, result }) => `${action} ${result}`)).toEqual(
    expect.arrayContaining(["elevation.begin allowed", "elevation.begin denied", "elevation.end allowed"]),
  );
});

test("another session of theirs isn't lent anything, and what was lent ends by itself", async () => {
  const email = "two-devices@example.com";
  const browser = await join(email);
  await administer(email);
  const other = startBrowserSession(api.url);
  await other.post("/sign-in", { email, password });
  expect((await other.post("/sign-in/code", { code: browser.recovery[0] ?? "" })).location).toBe("/");
  await elevate(browser);
  // Signed in with a second factor a moment ago: that isn't a proof of this.
  expect((await ask(other, "GET", "/people"))[1].code).toBe("scope_missing");
  await api.engine.admin.query(`UPDATE auth.session SET "elevatedUntil" = now() WHERE "elevatedUntil" IS NOT NULL`);
  expect((await ask(browser, "GET", "/people"))[1].code).toBe("scope_missing");
});

test("nobody's session acts for the installation but its administrators', and theirs only where they own the organization", async () => {
  const owner = await join("owner@example.com");
  await forgetCodes(api.engine.admin);
  const refused = await ask(owner, "POST", "/me/elevation", { totp: await owner.code() });
  expect([refused[0], refused[1].code]).toEqual([403, "installation_administrator_needed"]);

  const helper = await join("helper@example.com", "admin");
  await administer("helper@example.com");
  const both = await ask(helper, "POST", "/me/elevation/question");
  expect([both[0], both[1].code]).toEqual([403, "installation_administrator_needed"]);
  // A key is no session.
  await expect(host.elevation.begin({ totp: "000000" })).rejects.toMatchObject({ code: "session_needed" });
});

test("who is relieved acts for it no more with the next request", async () => {
  const browser = await join("leaver@example.com");
  const person = await administer("leaver@example.com");
  await elevate(browser);
  expect((await ask(browser, "GET", "/people"))[0]).toBe(200);
  expect((await host.people.relieve(person, "Runs it no more")).administersSince).toBeNull();
  expect((await ask(browser, "GET", "/people"))[1].code).toBe("scope_missing");
  expect((await ask(browser, "GET", "/me"))[1].installation).toEqual({ administers: false, until: null });
});
