import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "@gantry/sdk/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enforceSeals, verifyTrail } from "../../../platform/src/audit/index.ts";
import { erasePeople } from "../../../platform/src/erasure/index.ts";
import { createSigner } from "../../../platform/src/signing/index.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { startBrowserSession, type BrowserSession } from "../../support/browser-session.ts";
import { createTestCli } from "../../support/cli.ts";
import { newId, quiet } from "../../support/engine.ts";
import { silentLog } from "../../support/log.ts";

const script = fileURLToPath(new URL("../../../scripts/verify-audit.mjs", import.meta.url));
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
});
afterAll(() => api[Symbol.asyncDispose]());

const signer = () => createSigner({ pool: api.engine.db, keyring: api.keyring, now: Date.now });

/** Looks, as the platform does, until nothing of them is left. */
async function erased(count: number): Promise<void> {
  let done = 0;
  await expect
    .poll(async () => {
      await enforceSeals({ pool: api.engine.db, signer: signer(), now: Date.now, log: quiet });
      done += await erasePeople({ pool: api.engine.db, signer: signer(), now: Date.now, newId, log: silentLog });
      return done;
    })
    .toBe(count);
}

async function join(email: string, client = api.client): Promise<BrowserSession> {
  await client.invitations.create({ email, roles: ["operator", "approver"], groups: ["approvers"] });
  const code = new URL(api.mails.findLast(({ to }) => to === email)?.link ?? "").searchParams.get("code") ?? "";
  const browser = startBrowserSession(api.url);
  const agent = { "user-agent": "a-browser-of-theirs" };
  await browser.post("/accept-invitation", { code, name: email, password: "crimson otter paints seven kites" }, agent);
  return browser;
}

async function linesOf(stream: ReadableStream<Uint8Array>): Promise<Record<string, unknown>[]> {
  const text = await new Response(stream).text();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Tables in which a text stands somewhere. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows: tables } = await api.engine.admin.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ('public', 'auth') ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rowCount } = await api.engine.admin.query(`SELECT FROM ${name} x WHERE strpos(x::text, $1) > 0`, [text]);
    if (rowCount !== 0) found.push(name);
  }
  return found;
}

async function verifyBoth(): Promise<void> {
  await enforceSeals({ pool: api.engine.db, signer: signer(), now: Date.now, log: quiet });
  for (const org of [api.org, "00000000-0000-0000-0000-000000000000"])
    expect((await verifyTrail({ db: api.engine.db, signer: signer() }, org)).problems).toEqual([]);
  await promisify(execFile)(process.execPath, [script, "--database", api.engine.database.superuserUrl]);
}

/** A change that they asked for in words, commented on and canceled, and one that they approved. */
async function workOf(
  browser: BrowserSession,
  name: string,
): Promise<{ run: string; approved: string; actor: string }> {
  const ask = async (method: string, path: string, body?: object) =>
    JSON.parse((await browser.json(method, path, body, { "user-agent": "a-browser-of-theirs" })).text || "{}") as {
      id?: string;
      actor?: { id: string };
    };
  const { actor: { id: actor } = { id: "" } } = await ask("GET", "/api/v1/me");
  const { id: run = "" } = await ask("POST", "/api/v1/runs", {
    runbook: "test.change",
    environment: "staging",
    parameters: { to: "blue" },
  });
  await api.engine.reaches(run, "waiting_for_approval");
  const { hash } = await api.client.runs.changeSet(run);
  await ask("POST", `/api/v1/runs/${run}/comments`, { hash, text: `words of ${name}` });
  await ask("POST", `/api/v1/runs/${run}/cancel`, { reason: `a reason of ${name}` });
  await api.engine.reaches(run, "canceled");
  const other = await api.client.runs.create({
    runbook: "test.change",
    environment: "staging",
    parameters: { to: "red" },
  });
  await api.engine.reaches(other.id, "waiting_for_approval");
  const { hash: second } = await api.client.runs.changeSet(other.id);
  await ask("POST", `/api/v1/runs/${other.id}/approve`, { hash: second, reason: "looked at it" });
  await api.engine.reaches(other.id, "succeeded");
  await ask("PUT", "/api/v1/variables/region", { value: "eu" });
  return { run, approved: other.id, actor };
}

test("an administrator exports what the organization stores about a person, erases them from it, and the trail still verifies", async () => {
  const email = "approver.one@example.com";
  const browser = await join(email);
  const { run, approved, actor } = await workOf(browser, email);
  await using cli = await createTestCli({ url: api.url, key: api.key });

  const lines = await linesOf(await api.client.people.exportActor(actor));
  const kinds = new Set(lines.map(({ kind }) => kind));
  expect([...kinds].map(String).toSorted((a, b) => a.localeCompare(b))).toEqual([
    "approval",
    "audit",
    "event",
    "invitation",
    "membership",
    "role",
    "run",
  ]);
  expect(lines.find(({ kind }) => kind === "run")).toMatchObject({ id: run, organization: api.org });
  expect(JSON.stringify(lines)).toContain(`words of ${email}`);
  const mine = await browser.get("/api/v1/me/export");
  expect(mine.text).toContain('"kind":"profile"');
  expect(mine.text).toContain("a-browser-of-theirs");
  expect(mine.text).not.toMatch(/"token"|"password"/);

  expect(await refusalOf(api.client.people.eraseActor(actor, { confirm: "another", reason: "asked" }))).toEqual([
    422,
    "name_not_confirmed",
  ]);
  const said = await cli.run(["person", "erase", email, "--confirm", email, "--reason", "Asked for it", "--json"]);
  const { receipt, pseudonym } = JSON.parse(said.stdout) as { receipt: string; pseudonym: string };
  expect((await browser.get("/api/v1/me")).status).toBe(401);
  await erased(1);

  // What is left of the name: their own sign-in, which isn't this organization's, and the decision that they signed.
  const left = await tablesWith(email);
  expect(left.filter((table) => !table.startsWith("auth."))).toEqual(["public.audit_records", "public.events"]);
  const { rows: records } = await api.engine.admin.query(
    "SELECT org, action FROM audit_records r WHERE strpos(r::text, $1) > 0 AND org IS NOT NULL",
    [email],
  );
  expect(records).toEqual([]);
  const { rows: events } = await api.engine.admin.query(
    "SELECT run_id AS run, type FROM events e WHERE strpos(e::text, $1) > 0 ORDER BY type",
    [email],
  );
  expect(events).toEqual([
    { run: approved, type: "approval.recorded" },
    { run, type: "change_set.created" },
  ]);
  expect(await tablesWith(`words of ${email}`)).toEqual([]);
  expect((await api.client.runs.events(run)).events.find(({ type }) => type === "change_set.commented")).toMatchObject({
    actor: { id: actor, name: pseudonym },
    data: { text: "[erased]" },
  });
  await api.client.runs.get(run);
  await verifyBoth();

  const view = await api.client.personErasures.get(receipt);
  expect(view).toMatchObject({
    state: "erased",
    organization: api.org,
    pseudonym,
    kept: { signedDecisions: 1, changeSets: 1 },
  });
  const { kid = "", signature = "" } = view.signature ?? {};
  expect(await signer().verify(kid, Buffer.from(view.document ?? ""), signature)).toBe(true);
  expect(view.document).not.toContain(email);
  expect((await cli.run(["person", "receipt", receipt])).stdout).toContain("signedDecisions kept  1");
  expect((await cli.run(["person", "receipt"])).stdout).toContain(pseudonym);
  expect(await refusalOf(api.client.people.eraseActor(actor, { confirm: pseudonym, reason: "again" }))).toEqual([
    404,
    "not_found",
  ]);

  // They may be invited again, as somebody new.
  await api.client.invitations.create({ email });
  const code = new URL(api.mails.at(-1)?.link ?? "").searchParams.get("code") ?? "";
  await browser.post("/accept-invitation", { code });
  expect((await browser.get("/api/v1/me")).status).toBe(200);
});

test("a person erases themselves from everywhere, by a session and not by a key, and no table says who they were", async () => {
  const email = "operator.two@example.com";
  const browser = await join(email);
  const tenant = await api.addTenant("Second shop");
  await tenant.client.invitations.create({ email, roles: ["viewer"] });
  const code = new URL(api.mails.at(-1)?.link ?? "").searchParams.get("code") ?? "";
  await browser.post("/accept-invitation", { code });
  await browser.json("POST", "/api/v1/runs", { runbook: "test.look", environment: "dev", parameters: {} });
  const me = JSON.parse((await browser.get("/api/v1/me")).text) as { person: string; actor: { id: string } };
  const { key } = await api.client.apiKeys.create({ actor: me.actor.id, scopes: ["read"] });
  const own = createClient({ url: api.url, key, tries: 1 });
  expect(await refusalOf(own.people.eraseMe(email))).toEqual([403, "session_needed"]);
  const lines = await linesOf(await api.client.people.exportPerson(me.person));
  expect(new Set(lines.map(({ organization }) => organization))).toEqual(new Set([undefined, api.org, tenant.org]));

  const answer = await browser.json("POST", "/api/v1/me/erasure", { confirm: email });
  expect(answer.status).toBe(202);
  const { receipt, pseudonym } = JSON.parse(answer.text) as { receipt: string; pseudonym: string };
  expect((await browser.get("/api/v1/me")).status).toBe(401);
  expect(await refusalOf(own.me.get())).toEqual([401, "unauthorized"]);
  await erased(1);
  expect(await tablesWith(email)).toEqual([]);
  // Ids stay in the trail, and nothing says whose they were.
  expect(await tablesWith(me.person)).toEqual(["public.audit_records"]);
  expect(await api.client.personErasures.get(receipt)).toMatchObject({
    state: "erased",
    organization: null,
    pseudonym,
  });
  await verifyBoth();
});

test("nobody leaves an organization without an owner, reaches into another, or erases who is above them", async () => {
  const tenant = await api.addTenant("Third shop");
  const owner = { confirm: "administrator of Third shop", reason: "asked" };
  expect(await refusalOf(tenant.client.people.eraseActor(tenant.actor, owner))).toEqual([409, "last_owner"]);
  expect(await refusalOf(api.client.people.eraseActor(tenant.actor, owner))).toEqual([404, "not_found"]);
  expect(await refusalOf(api.client.people.exportActor(tenant.actor))).toEqual([404, "not_found"]);
  const plain = await api.addPerson("plain administrator", { org: tenant.org, scopes: ["read", "admin"] });
  expect(await refusalOf(plain.client.people.eraseActor(tenant.actor, owner))).toEqual([403, "role_beyond_own"]);
  expect(await refusalOf(plain.client.people.erasePerson(newId(), owner))).toEqual([403, "scope_missing"]);
  // Somebody without a person is exported and erased like anybody else.
  await tenant.client.people.eraseActor(plain.actor, { confirm: "plain administrator", reason: "left" });
  await erased(1);
  const { rows } = await api.engine.admin.query(
    "SELECT name, disabled_at IS NOT NULL AS off FROM actors WHERE id = $1",
    [plain.actor],
  );
  expect(rows).toEqual([{ name: expect.stringMatching(/^erased-/) as string, off: true }]);
});

test("a run that goes on is waited for", async () => {
  const person = await api.addPerson("requester of one");
  const run = await person.client.runs.create({
    runbook: "test.change",
    environment: "staging",
    parameters: { to: "x" },
  });
  await api.engine.reaches(run.id, "waiting_for_approval");
  const begun = await api.client.people.eraseActor(person.actor, { confirm: "requester of one", reason: "left" });
  await enforceSeals({ pool: api.engine.db, signer: signer(), now: Date.now, log: quiet });
  const deps = { pool: api.engine.db, signer: signer(), now: Date.now, newId, log: silentLog };
  expect(await erasePeople(deps)).toBe(0);
  expect(await api.client.personErasures.get(begun.receipt)).toMatchObject({ state: "erasing", document: null });
  await api.client.runs.cancel(run.id, { reason: "nobody asks for it any more" });
  await api.engine.reaches(run.id, "canceled");
  await erased(1);
  await verifyBoth();
});
