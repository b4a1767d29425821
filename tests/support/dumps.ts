import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pool } from "pg";
import { readBackupFile } from "../../platform/src/backup/file.ts";
import type { KeySource } from "../../platform/src/backup/index.ts";

/** Something that is stored, as text to search in. */
export interface Dump {
  name: string;
  content: string;
}

/** As text, as the digits that `bytea` is printed with, and at each of the three offsets that base64 can start at. */
export function encodingsOf(canary: string): string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(" ".repeat(offset) + canary).toString("base64");
    return encoded.slice(offset === 0 ? 0 : 4, -4);
  });
  const hex = Buffer.from(canary).toString("hex");
  const json = JSON.stringify(canary).slice(1, -1);
  return [...new Set([canary, hex, hex.toUpperCase(), ...base64, encodeURIComponent(canary), json])];
}

/** Every row of every table, for a superuser: row-level security hides nothing from one. */
export async function dumpTables(admin: Pick<Pool, "query">): Promise<Dump[]> {
  const { rows: tables } = await admin.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'auth')",
  );
  const dumps: Dump[] = [];
  for (const { name } of tables) {
    const { rows } = await admin.query<{ line: string }>(`SELECT t::text AS line FROM ${name} t`);
    dumps.push({ name, content: withBytes(rows.map(({ line }) => line).join("\n")) });
  }
  return dumps;
}

/** Once as printed and once as the bytes that the printed digits stand for. */
function withBytes(text: string): string {
  const bytes = [...text.matchAll(/\\x([0-9a-f]+)/g)].map(([, hex]) =>
    Buffer.from(hex ?? "", "hex").toString("latin1"),
  );
  return [text, ...bytes].join("\n");
}

/** All that a backup holds, in clear: opened with its key. */
export async function dumpBackup(file: string, key: KeySource): Promise<Dump[]> {
  const dumps: Dump[] = [];
  const entries = readBackupFile(file, key);
  for (;;) {
    const { done, value } = await entries.next();
    if (done === true) return [...dumps, { name: "backup: manifest", content: JSON.stringify(value) }];
    const { content, ...entry } = value;
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(piece);
    const text = Buffer.concat(pieces).toString("latin1");
    dumps.push({ name: `backup: ${JSON.stringify(entry)}`, content: withBytes(text) });
  }
}

/** Where the needles stand in the files of the database itself and in its log of what will be written (WAL). */
export async function findInServer(admin: Pick<Pool, "query">, needles: readonly string[]): Promise<string[]> {
  await admin.query("CHECKPOINT");
  const { rows } = await admin.query<{ folder: string; oid: string; pid: string }>(
    "SELECT current_setting('data_directory') AS folder, oid::text, pg_backend_pid()::text AS pid FROM pg_database WHERE datname = current_database()",
  );
  const [server] = rows;
  if (server === undefined) throw new Error("The server doesn't say where its files are.");
  // What the server itself calls so is another process's for us.
  const folder = server.folder.replace("/proc/self/", `/proc/${server.pid}/`);
  const found: string[] = [];
  for (const below of [join("base", server.oid), "pg_wal"]) {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      // Of other tests' databases in the log: it may be gone by now.
      const bytes = await readFile(join(folder, below, entry.name)).catch(() => Buffer.alloc(0));
      found.push(...needles.filter((one) => bytes.includes(one)).map((one) => `${below}/${entry.name}: ${one}`));
    }
  }
  return found;
}

/** Every file below a folder, byte by byte. */
export async function dumpFiles(folder: string): Promise<Dump[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (name) => ({ name, content: await readFile(name, "latin1") })));
}

/** Where any of the needles stands, as `place: needle`. */
export function findIn(dumps: readonly Dump[], needles: readonly string[]): string[] {
  return dumps.flatMap(({ name, content }) =>
    needles.filter((needle) => content.includes(needle)).map((needle) => `${name}: ${needle}`),
  );
}
