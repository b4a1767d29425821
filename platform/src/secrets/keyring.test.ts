import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRecord, sealRecord } from "./envelope.ts";
import { KeyFileInsecureError, KeyFileInvalidError, KeyUnknownError } from "./errors.ts";
import { loadOrCreateKeyring, rotateKeyring } from "./keyring.ts";

const binding = { org: "a", purpose: "secret", record: "r" };
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-keyring-"));
  path = join(folder, "data", "key");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a missing key file is made, readable by its owner only, and the same at the next start", async () => {
  const first = await loadOrCreateKeyring(path);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await loadOrCreateKeyring(path)).toMatchObject({ current: first.current });
  expect(await readdir(join(folder, "data"))).toEqual(["key"]);
});

test("processes that start at once agree on one key", async () => {
  const script =
    `const { loadOrCreateKeyring } = await import(${JSON.stringify(join(import.meta.dirname, "keyring.ts"))});` +
    `console.log((await loadOrCreateKeyring(${JSON.stringify(path)})).current.id);`;
  const start = () => promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  const outputs = await Promise.all(Array.from({ length: 6 }, start));
  expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1);
  const within = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateKeyring(join(folder, "second"))));
  expect(new Set(within.map((keyring) => keyring.current.id)).size).toBe(1);
});

test("a key file that group or others can read is refused with the command that mends it", async () => {
  await loadOrCreateKeyring(path);
  for (const mode of [0o640, 0o604, 0o660]) {
    await chmod(path, mode);
    await expect(loadOrCreateKeyring(path)).rejects.toThrow(KeyFileInsecureError);
    await expect(loadOrCreateKeyring(path)).rejects.toThrow(`chmod 600 ${path}`);
  }
});

test("after a rotation the new key encrypts, the old one still decrypts, and a process that runs finds the new one", async () => {
  const before = await loadOrCreateKeyring(path);
  const old = sealRecord(before, binding, Buffer.from("old"));
  const id = await rotateKeyring(path);
  const after = await loadOrCreateKeyring(path);
  expect(after.current.id).toBe(id);
  expect(openRecord(after, binding, old).toString()).toBe("old");
  const fresh = sealRecord(after, binding, Buffer.from("fresh"));
  expect(openRecord(before, binding, fresh).toString()).toBe("fresh");
  expect(() => before.find("0".repeat(16))).toThrow(KeyUnknownError);
  expect(after.deriveKey("cursors")).toEqual(before.deriveKey("cursors"));
});

test("derived keys differ by purpose and by installation", async () => {
  const one = await loadOrCreateKeyring(path);
  const other = await loadOrCreateKeyring(join(folder, "other"));
  expect(one.deriveKey("cursors")).toHaveLength(32);
  expect(one.deriveKey("cursors")).not.toEqual(one.deriveKey("tokens"));
  expect(one.deriveKey("cursors")).not.toEqual(other.deriveKey("cursors"));
});

test("a damaged key file is refused and left as it is", async () => {
  await loadOrCreateKeyring(path);
  const good = await readFile(path, "utf8");
  const damaged = [
    "",
    good.replace("gantry-keyring 1", "gantry-keyring 2"),
    good.replace(/^encryption.*\n/m, ""),
    good.replace(/^derivation.*\n/m, ""),
    good.replace(/^(encryption \w+ ).{4}/m, "$1AAAA"),
    good.replace(/^(encryption \w+ \S{20})\S+/m, "$1"),
    good.replace(/^encryption /m, "decryption "),
  ];
  for (const text of damaged) {
    await writeFile(path, text);
    await expect(loadOrCreateKeyring(path)).rejects.toThrow(KeyFileInvalidError);
    expect(await readFile(path, "utf8")).toBe(text);
  }
});
