import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CreateTrigger, OccurrenceView } from "@gantry/sdk/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createExec, probeBubblewrap } from "../../../platform/src/exec/index.ts";
import { createAddressGuard } from "../../../platform/src/outgoing/index.ts";
import { createLsRemote, type LsRemote } from "../../../platform/src/triggers/index.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";

let api: TestApi;
let folder: string;
let lsRemote: LsRemote;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  folder = await mkdtemp(join(tmpdir(), "gantry-triggers-"));
  const bubblewrap = await probeBubblewrap(process.env["PATH"] ?? "");
  const exec = createExec({
    root: join(folder, "executions"),
    bubblewrap: bubblewrap.available ? bubblewrap.info : null,
    environment: process.env,
  });
  lsRemote = createLsRemote({ exec, guard: createAddressGuard([]), root: join(folder, "workspaces"), newId });
});

afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const history = async (trigger: string): Promise<OccurrenceView[]> =>
  (await api.client.triggers.history(trigger, { limit: 200 })).items;

function commit(repository: string, message: string): string {
  const git = (...args: string[]) =>
    execFileSync(
      "git",
      ["-C", repository, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.fsmonitor=", ...args],
      {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
  git("commit", "--quiet", "--allow-empty", "-m", message);
  return git("rev-parse", "HEAD").trim();
}

test("a repository inside a private network isn't asked, not even whether it is there", async () => {
  const source = (host: string) => ({ kind: "git" as const, repository: `https://${host}/shop.git`, ref: "main" });
  for (const host of ["10.0.0.1", "127.0.0.1:4680", "[::1]", "169.254.169.254", "localhost"])
    expect(await lsRemote(source(host) as never, AbortSignal.timeout(60_000))).toEqual({
      failure: expect.stringContaining("private or reserved") as string,
    });
});

test("a repository is looked at without running anything of it, and each new commit of the branch fires once, from old to new", async () => {
  const repository = join(folder, "shop");
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", repository]);
  const evil = join(folder, "ran");
  await writeFile(join(repository, ".git/hooks/post-upload-pack"), `#!/bin/sh\ntouch ${evil}\n`, { mode: 0o755 });
  execFileSync("git", ["-C", repository, "config", "core.fsmonitor", `touch ${evil}`]);
  const first = commit(repository, "first");
  const trigger = await api.client.triggers.create({
    name: "main",
    environment: "dev",
    runbook: "test.look",
    mapping: { at: "payload.new" },
    source: { kind: "git", repository, ref: "main", everyMs: 10_000 },
  });
  let now = Date.parse(trigger.dueAt ?? "");
  const look = async (): Promise<void> => api.handleDue((now += 10_000), lsRemote);
  await look();
  expect(await history(trigger.id)).toEqual([]);
  const second = commit(repository, "second");
  await look();
  await look();
  const [fired, ...others] = await history(trigger.id);
  expect(others).toEqual([]);
  expect(fired).toMatchObject({ outcome: "fired", reason: `main: ${first} → ${second}` });
  expect((await api.client.runs.plan(fired?.run ?? "")).parameters).toEqual({ at: second });
  // Back to a commit that was there before: nothing new.
  execFileSync("git", ["-C", repository, "-c", "core.fsmonitor=", "reset", "--quiet", "--hard", first]);
  await look();
  expect(await history(trigger.id)).toHaveLength(1);
  expect(existsSync(evil)).toBe(false);
});

test("a repository that can't be read is said once an hour, looked at less and less often, and fires again when it is back", async () => {
  const repository = join(folder, "away");
  const source = { kind: "git" as const, repository, ref: "main", everyMs: 10_000 };
  const trigger = await api.client.triggers.create({ name: "away", environment: "dev", runbook: "test.look", source });
  const dueAt = async () => Date.parse((await api.client.triggers.get(trigger.id)).dueAt ?? "");
  const pauses: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    const at = await dueAt();
    await api.handleDue(at, lsRemote);
    pauses.push((await dueAt()) - at);
  }
  expect(pauses).toEqual([20_000, 40_000, 80_000]);
  const items = await history(trigger.id);
  expect(items.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  expect(items[0]).toMatchObject({ outcome: "unreachable" });
  expect(items[0]?.reason).toContain("away");
});

test("addresses that would run a command, hide a password or can be swapped on the way are refused", async () => {
  const add = (repository: string, ref = "main") =>
    api.client.triggers.create({
      name: "bad",
      environment: "dev",
      runbook: "test.look",
      source: { kind: "git", repository, ref },
    });
  for (const bad of [
    "ext::sh -c touch% /tmp/x",
    "http://example.com/a",
    "git://example.com/a",
    "https://u:p@example.com/a",
    "-u",
  ])
    expect(await refusalOf(add(bad))).toEqual([422, "trigger_invalid"]);
  expect(await refusalOf(add("https://example.com/a", "--upload-pack=x"))).toEqual([422, "trigger_invalid"]);
});

const after = (name: string, rest: Omit<Partial<CreateTrigger>, "source"> & { source?: object }): CreateTrigger => ({
  name,
  environment: "dev",
  runbook: "test.look",
  ...rest,
  source: { kind: "run", ...rest.source },
});

test("the end of another run fires by runbook, environment and status, once, with what ended", async () => {
  const source = { runbook: "test.change", environment: "dev" };
  const trigger = await api.client.triggers.create(after("done", { source, mapping: { at: "payload.run" } }));
  const change = await api.client.runs.create({ runbook: "test.change", environment: "dev", parameters: { to: "x" } });
  const other = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  for (const { id } of [change, other]) await api.engine.reaches(id, "succeeded");
  await api.handleDue(Date.now() + 5_000);
  await api.handleDue(Date.now() + 10_000);
  const items = await history(trigger.id);
  expect(items).toMatchObject([{ outcome: "fired", reason: `Run ${change.id} (test.change) is succeeded.` }]);
  expect((await api.client.runs.plan(items[0]?.run ?? "")).parameters).toEqual({ at: change.id });
  // Undone, it ends a second time, in another way.
  await api.client.runs.undo(change.id, { reason: "again" });
  await api.engine.reaches(change.id, "undone");
  await api.handleDue(Date.now() + 15_000);
  expect(await history(trigger.id)).toHaveLength(1);
});

test("runs that start each other in a circle are stopped, and the history says so", async () => {
  const ping = await api.client.triggers.create(
    after("ping", {
      source: { environment: "staging" },
      environment: "staging",
      when: "payload.runbook == 'test.look'",
    }),
  );
  await api.client.runs.create({ runbook: "test.look", environment: "staging" });
  let at = Date.now();
  const items = await api.engine.until(async () => {
    await api.handleDue((at += 5_000));
    const all = await history(ping.id);
    return all.some(({ outcome }) => outcome === "loop") && all;
  });
  expect(items.filter(({ outcome }) => outcome === "fired")).toHaveLength(8);
  expect(items[0]?.reason).toContain("looks like a circle");
  const itself = after("itself", { source: { runbook: "test.look" } });
  expect(await refusalOf(api.client.triggers.create(itself))).toEqual([422, "trigger_invalid"]);
});
