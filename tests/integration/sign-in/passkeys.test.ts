import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { base32 } from "@better-auth/utils/base32";
import { createOTP } from "@better-auth/utils/otp";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Digest } from "@gantry/sdk";
import type { PasskeyAnswer } from "@gantry/sdk/api";
import { createClient, type Client } from "@gantry/sdk/client";
import { createSigner } from "../../../platform/src/signing/index.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli } from "../../support/cli.ts";
import { newId } from "../../support/engine.ts";
import { plugIn } from "../../support/second-factor.ts";

const password = "crimson otter paints seven kites";
let api: TestApi;
let browser: Browser;
let site = "";

beforeAll(async () => {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((one) => existsSync(one));
  if (executablePath === undefined) throw new Error("The tests of passkeys need Debian's package chromium.");
  [api, browser] = await Promise.all([
    startTestApi(),
    chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] }),
  ]);
  // Passkeys belong to a name, not to an address.
  site = api.url.replace("127.0.0.1", "localhost");
}, 120_000);
afterAll(async () => {
  await browser.close();
  await api[Symbol.asyncDispose]();
});

/** Somebody who joined by an invitation, with a passkey, on a page of their own. */
async function join(
  email: string,
  membership: { roles?: ("approver" | "viewer")[]; groups?: string[] } = {},
): Promise<Page> {
  await api.client.invitations.create({ email, ...membership });
  const page = await browser.newPage();
  await plugIn(page, true);
  await page.goto(api.mails.at(-1)?.link ?? "");
  await page.getByLabel("Your name").fill(email.split("@")[0] ?? "");
  await page.getByLabel("Choose a password").fill(password);
  await page.getByRole("button", { name: "Join" }).click();
  await page.waitForURL(`${site}/`);
  await page.goto(`${site}/account`);
  await page.getByLabel("Name of a new one").fill("Laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText("The passkey is added.").waitFor();
  return page;
}

test("a person joins, adds a passkey and signs in with it alone, which proves two factors", async () => {
  const page = await join("keyholder@example.com");
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  expect(await page.getByText("Laptop", { exact: true }).count()).toBe(1);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForURL(`${site}/`);
  const me = (await page.evaluate("fetch('/api/v1/me').then((answer) => answer.json())")) as {
    credential: { kind: string; mfaAt: string | null };
  };
  expect(me.credential.kind).toBe("session");
  expect(me.credential.mfaAt).not.toBeNull();
  // Nothing that the pages' policy refuses.
  expect(complaints).toEqual([]);
  await page.context().close();
});

describe("where an environment wants a second factor, a passkey", () => {
  let page: Page;
  let approver: Client;
  let approverKey = "";

  beforeAll(async () => {
    // The installation's own key signs decisions, as anybody may look up.
    await api.engine.startWorker({
      signer: createSigner({ pool: api.engine.db, keyring: api.keyring, now: Date.now }),
    });
    await api.client.approvals.configure({ environment: "staging", mfa: true });
    page = await join("approver@example.com", { roles: ["approver"], groups: ["approvers"] });
    const { items } = await api.client.actors.list();
    const { id: actor = "" } = items.find(({ name }) => name === "approver") ?? {};
    // A command line of theirs: another credential than the browser's session.
    ({ key: approverKey } = await api.client.apiKeys.create({
      actor,
      name: "command line",
      scopes: ["read", "approve"],
    }));
    approver = createClient({ url: site, key: approverKey, tries: 1 });
  });
  afterAll(() => page.context().close());

  async function waiting(): Promise<{ run: string; hash: Digest }> {
    const call = { runbook: "test.swap", parameters: { to: newId() }, environment: "staging" };
    const { id: run } = await api.client.runs.create(call);
    await api.engine.reaches(run, "waiting_for_approval");
    return { run, hash: (await api.client.runs.changeSet(run)).hash };
  }

  test("approves one change set, by a link that the command line shows, once", async () => {
    const { run, hash } = await waiting();
    expect(await refusalOf(approver.runs.approve(run, { hash }))).toEqual([403, "mfa_required"]);
    const asked = await approver.runs.challenge(run, { hash });
    expect(asked).toMatchObject({ method: "passkey", proved: false, hash, decision: "approve" });
    // Nobody answered yet.
    expect(await refusalOf(approver.runs.approve(run, { hash, proof: asked.id }))).toEqual([403, "proof_refused"]);

    await page.goto(asked.link);
    expect(await page.getByText(hash, { exact: true }).count()).toBe(1);
    await page.getByRole("button", { name: "Approve with your passkey" }).click();
    await page.getByText("Your passkey confirmed it.").waitFor();
    expect(await approver.runs.proof(run, asked.id)).toMatchObject({ proved: true, question: null });
    // Neither of another change set nor answered again.
    const other = await waiting();
    const elsewhere = approver.runs.approve(other.run, { hash: other.hash, proof: asked.id });
    expect(await refusalOf(elsewhere)).toEqual([403, "proof_refused"]);
    await page.goto(asked.link);
    await page.getByText("This was confirmed before").waitFor();

    await approver.runs.approve(run, { hash, proof: asked.id });
    await api.engine.reaches(run, "succeeded");
    const { items } = await api.client.runs.decisions(run);
    expect(items).toMatchObject([{ decision: "approve", proof: { id: asked.id, method: "passkey" } }]);
  });

  test("answers for the very hash, decision and person that it was asked for, and nothing else", async () => {
    const [first, second] = [await waiting(), await waiting()];
    const asked = await approver.runs.challenge(first.run, { hash: first.hash });
    const { question } = await approver.runs.proof(first.run, asked.id);
    await page.goto(`${site}/account`);
    const assertion = await answerOf(page, question);
    // Whoever can write rows points the question at another change set: it is another challenge then.
    await api.engine.admin.query("UPDATE approval_proofs SET hash = $2, run_id = $3 WHERE id = $1", [
      asked.id,
      second.hash,
      second.run,
    ]);
    const moved = approver.runs.answerProof(second.run, asked.id, { assertion });
    expect(await refusalOf(moved)).toEqual([403, "second_factor_refused"]);
    const rejecting = await approver.runs.challenge(first.run, { hash: first.hash, decision: "reject" });
    const replayed = approver.runs.answerProof(first.run, rejecting.id, { assertion });
    expect(await refusalOf(replayed)).toEqual([403, "second_factor_refused"]);
    // Another person's passkey finds no question at all.
    const other = await join("stranger@example.com", { roles: ["approver"], groups: ["approvers"] });
    await other.goto(rejecting.link);
    await other.getByText("not_found").waitFor();
    await other.context().close();
    // Past its time.
    await api.engine.admin.query("UPDATE approval_proofs SET expires_at = now() WHERE id = $1", [rejecting.id]);
    const late = approver.runs.answerProof(first.run, rejecting.id, { assertion });
    expect(await refusalOf(late)).toEqual([403, "proof_refused"]);
    expect((await approver.runs.proof(first.run, rejecting.id)).question).toBeNull();
    expect(await refusalOf(api.client.runs.challenge(first.run, { hash: first.hash }))).toEqual([
      409,
      "passkey_missing",
    ]);
  });

  test("that another site asked, of the same name, doesn't count", async () => {
    const { run, hash } = await waiting();
    const asked = await approver.runs.challenge(run, { hash });
    const { question } = await approver.runs.proof(run, asked.id);
    // Passkeys are for a name: whatever else listens there, on another port, may ask for one with our question.
    const other = createServer((_request, response) =>
      response.setHeader("content-type", "text/html").end("<title>x</title>"),
    );
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    await page.goto(`http://localhost:${(other.address() as AddressInfo).port}/`);
    const assertion = JSON.parse(
      await page.evaluate(`navigator.credentials
        .get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(question)}) })
        .then((said) => JSON.stringify(said.toJSON()))`),
    ) as PasskeyAnswer;
    const { origin } = JSON.parse(Buffer.from(assertion.response.clientDataJSON, "base64url").toString()) as {
      origin: string;
    };
    other.close();
    expect(origin).not.toBe(site);
    const refused = approver.runs.answerProof(run, asked.id, { assertion });
    expect(await refusalOf(refused)).toEqual([403, "second_factor_refused"]);
    expect(await refusalOf(approver.runs.approve(run, { hash, proof: asked.id }))).toEqual([403, "proof_refused"]);
    // On our own page the same question is answered well.
    await page.goto(`${site}/account`);
    await approver.runs.answerProof(run, asked.id, { assertion: await answerOf(page, question) });
    await approver.runs.approve(run, { hash, proof: asked.id });
    await api.engine.reaches(run, "succeeded");
  });

  test("and a code of an authenticator app, are taken by the command line, whose record anybody can check", async () => {
    await page.goto(`${site}/account`);
    await page.getByLabel("Your password").fill(password);
    await page.getByRole("button", { name: "Set up an authenticator app" }).click();
    const secret = (await page.locator("p.codes").innerText()).replaceAll(" ", "");
    const otp = createOTP(new TextDecoder().decode(base32.decode(secret)), { period: 30, digits: 6 });
    await page.getByLabel("The six digits that the app shows now").fill(await otp.totp());
    await page.getByRole("button", { name: "Turn it on" }).click();
    await page.getByText("From now on signing in asks for a code.").waitFor();

    await using cli = await createTestCli({ url: site, key: approverKey });
    const [byCode, byPasskey] = [await waiting(), await waiting()];
    // The next one: that of this half minute was used.
    const code = await otp.hotp(Math.floor(Date.now() / 30_000) + 1);
    const approved = await cli.run(["approve", byCode.run, byCode.hash, "--code", code]);
    expect([approved.code, approved.stderr]).toEqual([0, expect.stringContaining("Approved")]);
    const asked = cli.start(["approve", byPasskey.run, byPasskey.hash, "--passkey"], { input: "" });
    const link = /http:\/\/\S+\/confirm\/\S+/.exec(await asked.says(/\/confirm\/\S+\s/))?.[0] ?? "";
    await page.goto(link);
    await page.getByRole("button", { name: "Approve with your passkey" }).click();
    expect((await asked.ended).code).toBe(0);

    const file = path.join(cli.home, "keys.json");
    await writeFile(file, await (await fetch(new URL("/.well-known/jwks.json", site))).text());
    const record = ["approval", "record", byPasskey.run, "--jwks", file, "--json"];
    const { items } = JSON.parse((await cli.run(record)).stdout) as { items: object[] };
    expect(items).toMatchObject([{ decision: "approve", verified: true, proof: { method: "passkey" } }]);
    await writeFile(file, JSON.stringify({ keys: [] }));
    expect((await cli.run(record)).code).toBe(1);
  });

  test("is wanted where the organization says so, unless the environment says otherwise", async () => {
    await using cli = await createTestCli({ url: api.url, key: api.key });
    const settings = async (...parameters: string[]) =>
      JSON.parse((await cli.run(["approval", ...parameters, "--json"])).stdout) as object;
    const told = { group: "on-call", afterMinutes: 30 };
    expect(await settings("defaults", "--mfa", "--escalate-to", "on-call", "--after", "30m")).toEqual({
      mfa: true,
      escalation: told,
      approvers: null,
      warnings: ["Nobody is in the group on-call: nobody is told when nobody decides."],
    });
    expect(await settings("settings", "prod")).toMatchObject({
      mfa: true,
      escalation: told,
      inherits: ["mfa", "escalation", "approvers"],
    });
    expect(await settings("settings", "prod", "--no-escalate", "--approvers", "data:2")).toMatchObject({
      escalation: null,
      approvers: { group: "data", count: 2 },
      inherits: ["mfa"],
    });
    expect(await settings("settings", "prod", "--no-approvers")).toMatchObject({ approvers: null, inherits: ["mfa"] });
    expect(await settings("settings", "staging", "--no-mfa")).toMatchObject({
      mfa: false,
      inherits: ["escalation", "approvers"],
    });
    const { run, hash } = await waiting();
    const { items } = await api.client.approvals.list();
    expect(items.find((one) => one.run === run)?.needsProof).toBe(false);
    const [created] = (await api.engine.events(run)).filter(({ type }) => type === "change_set.created");
    expect(created?.data).toMatchObject({ escalation: { group: "on-call" } });
    expect(await settings("settings", "staging", "--inherit")).toMatchObject({
      mfa: true,
      inherits: ["mfa", "escalation", "approvers"],
    });
    expect(await refusalOf(approver.runs.approve(run, { hash }))).toEqual([403, "mfa_required"]);
  });
});

/** What the device of the page says to that. */
async function answerOf(page: Page, question: unknown): Promise<PasskeyAnswer> {
  const text = await page.evaluate(`answer(${JSON.stringify(question)}).then((said) => JSON.stringify(said))`);
  return JSON.parse(text as string) as PasskeyAnswer;
}
