import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createBlobStore,
  createFileBackend,
  createLogWriter,
  createPostgresBackend,
  packDirectory,
} from "../../platform/src/blobs/index.ts";
import { loadOrCreateKeyring, putSecret } from "../../platform/src/secrets/index.ts";
import { inOrganization } from "../../platform/src/store/organization.ts";
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
  const keyring = await loadOrCreateKeyring(join(folder, "key"));
  const backends = [createFileBackend(join(folder, "blobs")), createPostgresBackend(database.engine)];
  await inOrganization(database.api, org, (tx) =>
    putSecret(
      { tx, keyring },
      { org, project: null, environment: null, name: "token", value: canary, actor: "requester" },
    ),
  );
  const contents = [canary, `${canary} `.repeat(20_000), Buffer.concat([randomBytes(999), Buffer.from(canary)])];
  for (const [index, backend] of backends.entries()) {
    const store = createBlobStore({ pool: database.engine, keyring, backends: [backend] });
    for (const content of contents)
      await store.put(org, Buffer.from(`${index}${String(content)}`), { purpose: "state" });
    const schedule = () => () => undefined;
    const place = { org, run: randomUUID(), attempt: "a1" };
    const log = createLogWriter({ pool: database.engine, store, schedule, ...place });
    await log.append("stdout", canary, index);
    await log.close();
    await store.put(org, packDirectory(import.meta.dirname, { include: ["canaries.test.ts"] }), { purpose: "bundle" });
  }

  const places = [...(await tableDumps()), ...(await fileDumps())];
  const needles = encodingsOf(canary);
  const found = places.flatMap(({ name, content }) =>
    needles.filter((needle) => content.includes(needle)).map((needle) => `${name}: ${needle}`),
  );
  expect(found).toEqual([]);
  // The search itself works: what may be read is found by it, in a table and in a file.
  expect(places.some(({ content }) => content.includes("requester"))).toBe(true);
  expect(places.some(({ name, content }) => name.endsWith("key") && content.includes("gantry-keyring"))).toBe(true);
  expect(places.filter(({ content }) => content.length > 0).length).toBeGreaterThan(8);
});

/** As text, as the digits that `bytea` is printed with, and at each of the three offsets that base64 can start at. */
function encodingsOf(canary: string): string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(" ".repeat(offset) + canary).toString("base64");
    return encoded.slice(offset === 0 ? 0 : 4, -4);
  });
  const hex = Buffer.from(canary).toString("hex");
  return [canary, hex, hex.toUpperCase(), ...base64, encodeURIComponent(canary)];
}

async function tableDumps(): Promise<Array<{ name: string; content: string }>> {
  const { rows: tables } = await database.admin.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  const dumps = [];
  for (const { name } of tables) {
    const { rows } = await database.admin.query<{ line: string }>(`SELECT t::text AS line FROM "${name}" t`);
    const text = rows.map(({ line }) => line).join("\n");
    // Once as printed and once as the bytes that the printed digits stand for.
    const bytes = [...text.matchAll(/\\x([0-9a-f]+)/g)].map(([, hex]) =>
      Buffer.from(hex ?? "", "hex").toString("latin1"),
    );
    dumps.push({ name, content: [text, ...bytes].join("\n") });
  }
  return dumps;
}

async function fileDumps(): Promise<Array<{ name: string; content: string }>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (name) => ({ name, content: await readFile(name, "latin1") })));
}
