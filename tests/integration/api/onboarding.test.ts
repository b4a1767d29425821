import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OnboardingView } from "@gantry/sdk/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { firstAdministratorLink } from "../../../platform/src/api/index.ts";
import { prepareExample } from "../../../platform/src/boot/example.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { startBrowserSession, type BrowserSession } from "../../support/browser-session.ts";
import { newId } from "../../support/engine.ts";
import { silentLog } from "../../support/log.ts";

const password = "crimson otter paints seven kites";
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({ signIn: { sendsMail: false } });
});
afterAll(() => api[Symbol.asyncDispose]());

/** Opens a link that somebody was given, and fills its form in. */
async function accept(link: string | null, form: Record<string, string>): Promise<[BrowserSession, string | null]> {
  const browser = startBrowserSession(api.url);
  const code = new URL(link ?? "").searchParams.get("code") ?? "";
  const { location } = await browser.post("/accept-invitation", { code, password, ...form });
  return [browser, location];
}

async function ask<T>(browser: BrowserSession, method: string, path: string, body?: object): Promise<T> {
  const { status, text } = await browser.json(method, `/api/v1${path}`, body);
  if (status >= 300) throw new Error(`${method} ${path} was answered with ${text}`);
  return JSON.parse(text) as T;
}

async function progress(browser: BrowserSession) {
  const view = await ask<OnboardingView>(browser, "GET", "/onboarding");
  const of = (state: string) => view.steps.flatMap((one) => (one.state === state ? [one.step] : []));
  return { done: of("done"), waiting: of("waiting"), view };
}

test("two people, one link each, get from nothing to a change that is approved, carried out and taken back", async () => {
  const link = await firstAdministratorLink({ pool: api.engine.db, keyring: api.keyring, newId }, api.url);
  const [owner, landed] = await accept(link, { name: "Requester", email: "requester@example.com" });
  expect(landed).toBe("/onboarding");
  expect(await progress(owner)).toMatchObject({ done: ["administrator"], waiting: ["target"] });
  await api.engine.startWorker();
  expect(await progress(owner)).toMatchObject({ done: ["administrator", "target"], waiting: [] });

  const invited = { email: "approver@example.com", roles: ["approver"], groups: ["approvers"] };
  const { id, ...invitation } = await ask<{ id: string; link: string | null }>(owner, "POST", "/invitations", invited);
  expect(await progress(owner)).toMatchObject({ waiting: ["approver"], view: { invitation: { id } } });
  const [approver, home] = await accept(invitation.link, { name: "Approver" });
  expect(home).toBe("/");
  const begun = ["administrator", "target", "approver"];
  expect(await progress(owner)).toMatchObject({ done: begun, waiting: [], view: { run: null, invitation: null } });

  const wanted = { runbook: "test.swap", environment: "staging", parameters: { to: "there" } };
  const { id: run } = await ask<{ id: string }>(owner, "POST", "/runs", wanted);
  const approve = async () => {
    await api.engine.reaches(run, "waiting_for_approval");
    const { hash } = await ask<{ hash: string }>(approver, "GET", `/runs/${run}/change-set`);
    await ask(approver, "POST", `/runs/${run}/approve`, { hash });
  };
  await api.engine.reaches(run, "waiting_for_approval");
  expect(await progress(owner)).toMatchObject({
    done: [...begun, "change"],
    waiting: ["approval"],
    view: { run: { id: run, mine: true, runbook: "test.swap" } },
  });
  expect(await progress(approver)).toMatchObject({ view: { run: { id: run, mine: false } } });
  await approve();
  await api.engine.reaches(run, "succeeded");
  const carriedOut = [...begun, "change", "approval", "verified"];
  expect(await progress(owner)).toMatchObject({ done: carriedOut, waiting: [] });

  await ask(owner, "POST", `/runs/${run}/undo`, { reason: "It was only a try" });
  await api.engine.reaches(run, "waiting_for_approval");
  expect(await progress(owner)).toMatchObject({ done: carriedOut, waiting: ["undone"] });
  await approve();
  await api.engine.reaches(run, "undone");
  expect((await progress(owner)).done).toEqual([...carriedOut, "undone"]);
});

test("what the doctor finds is told as far as the caller may look, whole or in part", async () => {
  const whole = await api.client.doctor.get();
  expect(whole.checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["database", "blobs", "key encryption", "backup", "workers", "kill switch", "to run"]),
  );
  expect(await api.client.doctor.get({ only: "kill-switch" })).toEqual({
    ok: true,
    checks: [{ name: "kill switch", status: "ok", text: "off" }],
  });
  const { client } = await api.addPerson("looker", { scopes: ["read"] });
  const names = (await client.doctor.get()).checks.map(({ name }) => name);
  expect(names).toEqual(["database", "workers", "kill switch", "break-glass", "to run"]);
});

test("the example is a git repository of its own, made once, with a port that is free", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "gantry-example-"));
  const prepare = (environment: Record<string, string | undefined>, folder = dataDir) =>
    prepareExample({
      config: { role: "all", dataDir: folder, environment } as never,
      catalog: { runbooks: new Map([["deploy.service", {}]]) } as never,
      log: silentLog,
    })();
  const example = await prepare({ PATH: process.env["PATH"] });
  const repository = join(dataDir, "example", "greeter");
  expect(example).toEqual({
    runbook: "deploy.service",
    parameters: { service: "greeter", repository, port: expect.any(Number) as number },
  });
  const head = execFileSync("git", ["-C", repository, "log", "--format=%s %an"], { encoding: "utf8" });
  expect(head).toBe("First version Gantry\n");
  expect(await readdir(join(dataDir, "example"))).toEqual(["greeter"]);
  // It is there already: no git is needed for it any more, and what somebody did in it stays.
  expect(await prepare({ PATH: "/nowhere" })).toMatchObject({ runbook: "deploy.service" });
  expect(await prepare({ PATH: "/nowhere" }, join(dataDir, "without-git"))).toBeNull();
  await rm(dataDir, { recursive: true, force: true });
});
