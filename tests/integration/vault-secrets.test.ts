import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createAddressGuard } from "../../platform/src/outgoing/index.ts";
import { createRunSecrets, putSecret, resolveSecret, VaultRefusedError } from "../../platform/src/secrets/index.ts";
import { VaultReferenceInvalidError, VaultSecretNotFoundError } from "../../platform/src/secrets/vault/errors.ts";
import { createExternalSecrets } from "../../platform/src/secrets/vault/external-secrets.ts";
import { keepLeases } from "../../platform/src/secrets/vault/lease-keeper.ts";
import { nearestConnection } from "../../platform/src/store/organization/connections.ts";
import { inOrganization } from "../../platform/src/store/organization.ts";
import { startTestApi, type TestApi } from "../support/api.ts";
import { newId } from "../support/engine.ts";
import { silentLog } from "../support/log.ts";
import { startVaultServer, type VaultServer } from "../support/vault-server.ts";

let api: TestApi;
let vault: VaultServer;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => {
  await vault[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await vault?.[Symbol.asyncDispose]();
  vault = await startVaultServer();
  vault.kv.set("kv1/app", { token: "from version one" });
  vault.kv.set("kv/shop/database", { password: "from version two", port: 5432 });
  await api.engine.admin.query("DELETE FROM secret_leases");
  await api.client.secrets.put("vault-secret-id", vault.secretId);
  await connect({});
});

function connect(settings: Record<string, string>) {
  return api.client.connections.put("vault", {
    kind: "vault",
    settings: { address: vault.url, roleId: vault.roleId, ...settings },
    secrets: { secretId: "vault-secret-id" },
  });
}

/** What a worker has of secrets. */
function openWorker({ allow = ["127.0.0.1"] }: { allow?: string[] } = {}) {
  const { keys } = api;
  const pool = api.engine.db;
  const external = createExternalSecrets({
    pool,
    guard: createAddressGuard(allow),
    connection: async ({ org, project, environment }, name) => {
      const found = await inOrganization(pool, org, (tx) => nearestConnection(tx, { org, project, environment, name }));
      if (found === null) throw new Error(`no connection ${name}`);
      return found;
    },
    stored: async (place, name) =>
      (await inOrganization(pool, place.org, (tx) => resolveSecret({ tx, keys }, { ...place, name }))).value,
    newId,
    now: Date.now,
    log: silentLog,
  });
  const secrets = createRunSecrets({ pool, keys, external: async () => external, newId });
  return { ...secrets, keep: () => keepLeases({ pool, external, now: Date.now, log: silentLog }) };
}

/** A step's attempt of a run that nobody works on. */
async function attempt(of?: string, fence = 1) {
  const runId =
    of ?? (await api.client.runs.create({ runbook: "test.change", parameters: { to: "x" }, environment: "dev" })).id;
  return {
    org: api.org,
    project: api.project,
    environment: "dev",
    runId,
    attemptId: newId(),
    fence,
    stepKey: "change",
    operation: "run",
    tool: "test.change",
    requester: { kind: "user" as const, id: newId(), name: "requester" },
  };
}

const endRun = (run: string) => api.engine.admin.query("UPDATE runs SET finished_at = now() WHERE id = $1", [run]);
const due = () => api.engine.admin.query("UPDATE secret_leases SET due_at = now() - interval '1 second'");
const leases = async () =>
  (await api.engine.admin.query<{ status: string; tries: number }>("SELECT status, tries FROM secret_leases")).rows;

test("a secret is read from KV of either version at use, and each use is recorded without its value", async () => {
  const worker = openWorker();
  const one = await attempt();
  expect(await worker.resolve(one, "vault:kv1/app#token")).toBe("from version one");
  expect(await worker.resolve(one, "vault:kv/shop/database#password")).toBe("from version two");
  expect(await worker.resolve(one, "vault:kv/shop/database#port")).toBe("5432");
  expect(await worker.given(one)).toEqual(["from version one", "from version two", "5432"]);
  const { rows } = await api.engine.admin.query<{ target: unknown; details: unknown }>(
    "SELECT target, details FROM audit_records WHERE action = 'secret.use' AND details ->> 'run' = $1 ORDER BY id",
    [one.runId],
  );
  expect(rows.map(({ target }) => target)).toEqual([
    { secret: "vault:kv1/app#token" },
    { secret: "vault:kv/shop/database#password" },
    { secret: "vault:kv/shop/database#port" },
  ]);
  expect(rows[0]?.details).toMatchObject({ step: "change", operation: "run" });
});

test("what can't be read says why: no such field or path, another form, a path that isn't allowed, a private address", async () => {
  const worker = openWorker();
  const one = await attempt();
  const read = (name: string, by = worker) => by.resolve(one, name);
  await expect(read("vault:kv/shop/database#user")).rejects.toThrow(VaultSecretNotFoundError);
  await expect(read("vault:kv/shop/nothing#user")).rejects.toThrow(VaultSecretNotFoundError);
  await expect(read("vault:kv/../sys/raw#x")).rejects.toThrow(VaultReferenceInvalidError);
  await expect(read("vault:kv")).rejects.toThrow(VaultReferenceInvalidError);
  await expect(read("vault:elsewhere/x#y")).rejects.toThrow(VaultRefusedError);
  await expect(read("vault:kv/shop/database#password", openWorker({ allow: [] }))).rejects.toThrow(
    /private or reserved/,
  );
  await connect({ paths: "kv/other/, kv1/" });
  expect(await read("vault:kv1/app#token")).toBe("from version one");
  await expect(openWorker().resolve(await attempt(), "vault:kv/shop/database#password")).rejects.toThrow(
    /doesn't allow/,
  );
});

test("a leased credential is one for its run, renewed while it lives, and revoked at its end by any worker", async () => {
  const [worker, other] = [openWorker(), openWorker()];
  const one = await attempt();
  const [username, password] = await Promise.all(
    ["username", "password"].map((field) => worker.resolve(one, `vault:database/creds/app#${field}`)),
  );
  const [made] = vault.leases.values();
  expect([made?.username, made?.password, vault.leases.size]).toEqual([username, password, 1]);
  await due();
  expect(await other.keep()).toBe(0);
  expect([...vault.leases.values()].map(({ renewed }) => renewed)).toEqual([1]);
  await endRun(one.runId);
  expect(await other.keep()).toBe(1);
  expect([vault.leases.size, vault.revoked.length, await leases()]).toEqual([0, 1, []]);
});

test("a revocation that fails is tried again and counted, and one whose credential is over is dropped", async () => {
  const worker = openWorker();
  const one = await attempt();
  await worker.resolve(one, "vault:database/creds/app#password");
  await endRun(one.runId);
  vault.sealed = true;
  await worker.keep();
  expect(await leases()).toEqual([{ status: "revoking", tries: 1 }]);
  const metrics = await (await api.request("/metrics")).text();
  expect(metrics).toContain('\ngantry_secret_leases{state="open"} 1\ngantry_secret_leases{state="failing"} 1\n');
  // Not before its time.
  vault.sealed = false;
  expect(await worker.keep()).toBe(0);
  await due();
  expect(await worker.keep()).toBe(1);
  expect(await leases()).toEqual([]);

  await worker.resolve(await attempt(), "vault:database/creds/app#password");
  await api.engine.admin.query("UPDATE secret_leases SET expires_at = now() - interval '1 second', due_at = now()");
  await worker.keep();
  expect(await leases()).toEqual([]);
});

test("a worker that died while it asked leaves a row that says so, until somebody clears it away", async () => {
  const one = await attempt();
  vault.next = Array.from({ length: 3 }, () => ({ status: 500, path: "database/creds" }));
  await expect(openWorker().resolve(one, "vault:database/creds/app#password")).rejects.toThrow(/status 500/);
  expect(await leases()).toEqual([{ status: "asked", tries: 0 }]);
  await due();
  await openWorker().keep();
  expect(await leases()).toEqual([]);
});

test("a worker that takes a run over hides what others gave it, in the version that they gave", async () => {
  const one = await attempt();
  const { keys, org } = api;
  const put = (value: string) =>
    inOrganization(api.pool, org, (tx) =>
      putSecret({ tx, keys }, { org, project: null, environment: null, name: "token", value, actor: "requester" }),
    );
  await put("given to the run");
  const first = openWorker();
  expect(first.given(one)).toBe(undefined);
  expect(await first.resolve(one, "token")).toBe("given to the run");
  await put("stored afterwards");
  expect(await openWorker().given({ ...one, fence: 2 })).toEqual(["given to the run"]);
  const [listed] = (await api.client.secrets.list()).items.filter(({ name }) => name === "token");
  expect(listed?.lastUsedAt).toEqual(expect.any(String));
});
