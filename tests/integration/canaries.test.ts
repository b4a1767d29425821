import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBackup } from "../../platform/src/backup/index.ts";
import {
  createBlobStore,
  createFileBackend,
  createLogWriter,
  createPostgresBackend,
  packDirectory,
} from "../../platform/src/blobs/index.ts";
import { putSecret } from "../../platform/src/secrets/index.ts";
import { inOrganization } from "../../platform/src/store/organization.ts";
import { startTestApi } from "../support/api.ts";
import { startBrowserSession } from "../support/browser-session.ts";
import { dumpBackup, dumpFiles, dumpTables, encodingsOf, findIn, findInServer } from "../support/dumps.ts";
import { newId } from "../support/engine.ts";
import { openTestKeys } from "../support/keys.ts";
import { silentLog } from "../support/log.ts";
import { createTestPools, type TestPools } from "../support/pools.ts";

let database: TestPools;
let folder: string;
beforeAll(async () => {
  database = await createTestPools();
  folder = await mkdtemp(join(tmpdir(), "gantry-canaries-"));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test("planted canaries are in no table and no file, raw or encoded", async () => {
  const org = randomUUID();
  const canary = `canary-${randomBytes(12).toString("hex")}`;
  const keys = await openTestKeys(database.engine, join(folder, "key"));
  const backends = [createFileBackend(join(folder, "blobs")), createPostgresBackend(database.engine)];
  await inOrganization(database.api, org, (tx) =>
    putSecret(
      { tx, keys },
      { org, project: null, environment: null, name: "token", value: canary, actor: "requester" },
    ),
  );
  const contents = [canary, `${canary} `.repeat(20_000), Buffer.concat([randomBytes(999), Buffer.from(canary)])];
  for (const [index, backend] of backends.entries()) {
    const store = createBlobStore({ pool: database.engine, keys, backends: [backend] });
    for (const content of contents)
      await store.put(org, Buffer.from(`${index}${String(content)}`), { purpose: "state" });
    const schedule = () => () => undefined;
    const place = { org, run: randomUUID(), attempt: "a1" };
    const log = createLogWriter({ pool: database.engine, store, schedule, ...place });
    await log.append("stdout", canary, index);
    await log.close();
    await store.put(org, packDirectory(import.meta.dirname, { include: ["canaries.test.ts"] }), { purpose: "bundle" });
  }

  const places = [...(await dumpTables(database.admin)), ...(await dumpFiles(folder))];
  expect(findIn(places, encodingsOf(canary))).toEqual([]);
  // The search itself works: what may be read is found by it, in a table and in a file.
  expect(places.some(({ content }) => content.includes("requester"))).toBe(true);
  expect(places.some(({ name, content }) => name.endsWith("key") && content.includes("gantry-keyring"))).toBe(true);
  expect(places.filter(({ content }) => content.length > 0).length).toBeGreaterThan(8);
});

test("what people and programs sign in with, and what they store, is in no table, file of the database, log, export, backup or error", async () => {
  const said: string[] = [];
  const write = (fields: object, message: string): void => {
    const { err } = fields as { err?: unknown };
    said.push(message, JSON.stringify(fields), err instanceof Error ? `${err.stack ?? ""} ${JSON.stringify(err)}` : "");
  };
  const log = { debug: write, info: write, warn: write, error: write };
  await using api = await startTestApi({ deps: { log }, signIn: { log } });
  const { client } = api;
  const make = (what: string): string => `${what}-${randomBytes(12).toString("hex")}`;
  const [secret, webhook, password] = [make("secret"), make("webhook"), make("password")];
  const [wrong, refused, shown] = [make("wrong"), make("refused"), make("shown")];

  await client.secrets.put("token", secret);
  await client.secrets.put("hook", `whsec_${Buffer.from(webhook).toString("base64")}`);
  await client.connections.put("hub", { kind: "registry", secrets: { password: "token" } });
  const source = { kind: "webhook", scheme: "standard", secret: "hook", perMinute: 60 };
  await client.triggers.create({ name: "pushed", environment: "dev", runbook: "test.look", source } as never);
  const { key: apiKey } = await client.apiKeys.create({ name: shown, scopes: ["read"] });
  await client.invitations.create({ email: "somebody@example.com" });
  const code = new URL(api.mails.at(-1)?.link ?? "").searchParams.get("code") ?? "";
  const browser = startBrowserSession(api.url);
  const joined = await browser.post("/accept-invitation", { code, name: "Somebody", password });
  expect(joined.location).toBe("/");
  const codes = (await browser.post("/account/codes", { password })).text;
  const totp = /<p class="codes">([A-Z2-7 ]+)<\/p>/.exec(codes)?.[1]?.replaceAll(" ", "") ?? "";
  const recovery = [...codes.matchAll(/<li>([^<]+)<\/li>/g)].map(([, one = ""]) => one);
  const session = decodeURIComponent([...browser.cookies.values()].find((one) => one.includes(".")) ?? "");
  const { token } = await client.tokens.create({});

  // What fails is written down too: a wrong password, a secret where none belongs, a key that nobody has.
  const stranger = startBrowserSession(api.url);
  const failed = await stranger.post("/sign-in", { email: "somebody@example.com", password: wrong });
  const errors = [failed.text];
  for (const [path, body] of [
    ["/api/v1/secrets/-bad-", { value: refused }],
    ["/api/v1/secrets/token", { value: { deep: refused } }],
    ["/api/v1/connections/hub", { kind: "registry", settings: { password: [refused] } }],
  ] as const) {
    const headers = { "content-type": "application/json" };
    errors.push(await (await api.request(path, { method: "PUT", headers, body: JSON.stringify(body) })).text());
  }
  errors.push(await (await api.request("/api/v1/me", { key: `gantry_00000000_${refused}` })).text());

  const after = (text: string, separator: string): string => text.slice(text.lastIndexOf(separator) + 1);
  const canaries = [
    secret,
    webhook,
    password,
    wrong,
    refused,
    after(apiKey, "_"),
    after(session, "."),
    after(token, "."),
  ];
  canaries.push(totp, ...recovery, after(code, "."));
  expect(canaries.filter((one) => one.length < 8)).toEqual([]);
  const needles = canaries.flatMap((one) => encodingsOf(one));
  // A backup brings along what secrets are sealed with only as it is sealed itself: its key opens no secret.
  needles.push(...(await keysIn(api.keyFile)));
  const backups = join(folder, "backups");
  const key = { kind: "passphrase", passphrase: make("passphrase") } as const;
  const deps = { backupUrl: api.engine.database.backupUrl, keyring: api.keyring, backends: [], newId };
  const options = { folder: backups, key, blobs: "include" } as const;
  const { file } = await createBackup({ ...deps, release: "0.0.0", log: silentLog }, options);
  const opened = await dumpBackup(file, key);
  const text = async (path: string): Promise<string> => (await api.request(path)).text();
  const places = [
    ...(await dumpTables(api.engine.admin)),
    { name: "log", content: said.join("\n") },
    { name: "errors", content: errors.join("\n") },
    { name: "metrics", content: await text("/metrics") },
    { name: "audit", content: await text("/api/v1/audit/export") },
    { name: "configuration", content: await text("/api/v1/configuration") },
    { name: "connection", content: await text("/api/v1/connections/hub") },
    ...opened,
    ...(await dumpFiles(backups)),
  ];
  expect(findIn(places, needles)).toEqual([]);
  expect(await findInServer(api.engine.admin, needles)).toEqual([]);
  // The search itself works: what may be read is found by it, in a table, in the backup, in the log and in the database's own files.
  expect(findIn(places, [shown]).length).toBeGreaterThan(0);
  expect(findIn(opened, [shown]).length).toBeGreaterThan(0);
  expect(said.join().includes("invitations.create")).toBe(true);
  expect((await findInServer(api.engine.admin, [shown])).length).toBeGreaterThan(0);
});

/** The key file's keys, as they are written there, in hex and as bytes. */
async function keysIn(file: string): Promise<string[]> {
  const keys = [...(await readFile(file, "utf8")).matchAll(/^(?:derivation|encryption) \S+ (\S+)$/gm)];
  expect(keys.length).toBeGreaterThanOrEqual(2);
  return keys.flatMap(([, text = ""]) => {
    const bytes = Buffer.from(text, "base64");
    return [text.replace(/=+$/, ""), bytes.toString("hex"), bytes.toString("latin1")];
  });
}
