import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { issueStateToken, stateBackendEnvironment, type StateGrant } from "../../../platform/src/secrets/index.ts";
import { newId } from "../../support/engine.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { terraformBinary } from "../../support/terraform.ts";

let api: TestApi;
const run = newId();
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const lockInfo = (ID: string) => ({
  ID,
  Operation: "OperationTypeApply",
  Who: `${ID}@host`,
  Version: "1.0",
  Created: "2026-01-01T00:00:00Z",
  Info: "",
  Path: "",
});

function grantOf(name: string, changes: Partial<StateGrant> = {}): StateGrant {
  const expiresAt = Date.now() + 600_000;
  return {
    org: api.org,
    run,
    fence: 0,
    attempt: "attempt-1",
    project: "default",
    environment: "dev",
    name,
    actor: "requester",
    expiresAt,
    ...changes,
  };
}

function ask(
  method: string,
  name: string,
  options: { grant?: StateGrant; lock?: string; body?: unknown; password?: string } = {},
) {
  const password = options.password ?? issueStateToken(api.keyring, options.grant ?? grantOf(name));
  const query = options.lock === undefined ? "" : `?ID=${options.lock}`;
  return fetch(`${api.url}/api/v1/state/default/dev/${name}${query}`, {
    method,
    headers: { authorization: `Basic ${Buffer.from(`gantry:${password}`).toString("base64")}` },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
}

const state = (serial: number) => ({ version: 4, serial, lineage: "line", outputs: {}, resources: [] });
const at = (name: string) => ({ project: "default", environment: "dev", name });

test("whoever is refused a lock sees who holds it, and its repeated request for the same lock is fine", async () => {
  expect((await ask("LOCK", "a", { body: lockInfo("first") })).status).toBe(200);
  expect((await ask("LOCK", "a", { body: lockInfo("first") })).status).toBe(200);
  const refused = await ask("LOCK", "a", { body: lockInfo("second") });
  expect(refused.status).toBe(423);
  expect(await refused.json()).toMatchObject({ ID: "first", Who: "first@host" });
  const write = await ask("POST", "a", { lock: "second", body: state(1) });
  expect(write.status).toBe(409);
  expect(await write.json()).toMatchObject({ ID: "first" });
  expect((await ask("UNLOCK", "a", { body: lockInfo("second") })).status).toBe(409);
  expect((await ask("POST", "a", { body: state(1) })).status).toBe(409);
  expect((await ask("POST", "a", { lock: "first", body: state(1) })).status).toBe(200);
  expect((await ask("UNLOCK", "a", { body: lockInfo("first") })).status).toBe(200);
  expect((await ask("UNLOCK", "a", { body: lockInfo("first") })).status).toBe(200);
  expect(await (await ask("GET", "a")).json()).toEqual(state(1));
});

test("a holder whose lock was taken away may still write what it built, and every version is kept", async () => {
  await ask("LOCK", "b", { body: lockInfo("mine") });
  await ask("POST", "b", { lock: "mine", body: state(1) });
  const { items } = await api.client.states.list();
  expect(items.find(({ name }) => name === "b")?.lock).toMatchObject({
    info: { ID: "mine" },
    run,
    attempt: "attempt-1",
  });
  expect(await refusalOf(api.client.states.restore(at("b"), { version: 1, reason: "look" }))).toEqual([
    423,
    "state_locked",
  ]);
  expect(await refusalOf(api.client.states.unlock(at("b"), { lock: "another", reason: "slow" }))).toEqual([
    404,
    "not_found",
  ]);
  expect((await api.client.states.unlock(at("b"), { lock: "mine", reason: "its host is gone" })).lock).toBeNull();
  expect((await ask("LOCK", "b", { body: lockInfo("next") })).status).toBe(200);
  expect((await ask("POST", "b", { lock: "mine", body: state(2) })).status).toBe(200);
  expect((await ask("POST", "b", { lock: "never", body: state(9) })).status).toBe(409);
  expect((await ask("POST", "b", { lock: "next", body: state(3) })).status).toBe(200);
  const versions = (await api.client.states.versions(at("b"))).items;
  expect(versions.map(({ version, serial, lockId }) => [version, serial, lockId])).toEqual([
    [3, 3, "next"],
    [2, 2, "mine"],
    [1, 1, "mine"],
  ]);
});

test("an old version can be brought back, with a serial that makes older plans stale; a deletion is a version too", async () => {
  await ask("POST", "c", { body: { ...state(1), outputs: { a: { value: "old", type: "string" } } } });
  await ask("POST", "c", { body: state(5) });
  const restored = await api.client.states.restore(at("c"), { version: 1, reason: "wrong apply" });
  expect(restored).toMatchObject({ version: 3, serial: 6, restoredFrom: 1 });
  expect(await (await ask("GET", "c")).json()).toMatchObject({ serial: 6, outputs: { a: { value: "old" } } });
  expect((await ask("DELETE", "c")).status).toBe(200);
  expect((await ask("GET", "c")).status).toBe(404);
  expect((await api.client.states.restore(at("c"), { version: 2, reason: "too early" })).serial).toBe(7);
  expect(await refusalOf(api.client.states.restore(at("c"), { version: 4, reason: "nothing there" }))).toEqual([
    404,
    "state_version_unknown",
  ]);
});

test("a token opens one state until its time, and neither a key nor an altered token opens any", async () => {
  const good = issueStateToken(api.keyring, grantOf("d"));
  const wrong = [
    issueStateToken(api.keyring, grantOf("other")),
    issueStateToken(api.keyring, grantOf("d", { environment: "prod" })),
    issueStateToken(api.keyring, grantOf("d", { expiresAt: Date.now() - 1 })),
    `${good.slice(0, -2)}AA`,
    api.key,
    "",
  ];
  for (const method of ["GET", "POST", "DELETE", "LOCK", "UNLOCK"]) {
    for (const password of wrong) expect((await ask(method, "d", { password })).status).toBe(401);
  }
  expect((await ask("GET", "d", { password: good })).status).toBe(404);
});

test("what is stored is encrypted", async () => {
  await ask("POST", "e", { body: { ...state(1), outputs: { password: { value: "canary-5up3r", type: "string" } } } });
  const { rows } = await api.engine.admin.query<{ sealed: Buffer }>(
    "SELECT sealed FROM terraform_state_versions WHERE sealed IS NOT NULL",
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const { sealed } of rows) expect(sealed.includes("canary-5up3r")).toBe(false);
});

// The protocol is proved above for everybody; this proves that the program agrees, where there is one.
test.runIf(terraformBinary !== undefined)(
  "the real program applies, refuses while somebody holds the lock, and destroys",
  { timeout: 120_000 },
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "gantry-state-"));
    const execute = promisify(execFile);
    const env = {
      PATH: process.env["PATH"],
      HOME: directory,
      CHECKPOINT_DISABLE: "1",
      ...stateBackendEnvironment(api.keyring, api.url, grantOf("real")),
    };
    const terraform = (...args: string[]) => execute(terraformBinary ?? "", args, { cwd: directory, env });
    try {
      await writeFile(
        join(directory, "main.tf"),
        'terraform {\n  backend "http" {}\n}\nresource "terraform_data" "one" {\n  input = "first"\n}\n',
      );
      await terraform("init", "-input=false");
      await terraform("apply", "-input=false", "-auto-approve");
      const held = (await api.client.states.list()).items.find(({ name }) => name === "real");
      expect(held).toMatchObject({ lock: null, project: "default", environment: "dev" });
      expect(held?.serial).toBeGreaterThan(0);

      await ask("LOCK", "real", { grant: grantOf("real"), body: lockInfo("somebody-else") });
      const refused = await terraform("apply", "-input=false", "-auto-approve", "-no-color").catch(
        (error: { stderr: string }) => error,
      );
      // Of the holder it shows the ID only; the rest of what it prints is its own request.
      expect(refused.stderr).toContain("already locked: ID=somebody-else");
      await ask("UNLOCK", "real", { body: lockInfo("somebody-else") });

      await terraform("destroy", "-input=false", "-auto-approve");
      expect((await api.client.states.versions(at("real"))).items.length).toBeGreaterThan(1);
      expect(await (await ask("GET", "real")).json()).toMatchObject({ resources: [] });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
);
