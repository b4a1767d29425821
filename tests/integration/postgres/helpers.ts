import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { clientConfig } from "../../../platform/src/postgres/index.ts";
import { fastDirectory } from "../../support/fast-directory.ts";

/** Rows of the last statement. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(clientConfig(url, { name: "test" }));
  await client.connect();
  try {
    const results = [await client.query<Record<string, unknown>>(text)].flat();
    return results.at(-1)?.rows ?? [];
  } finally {
    await client.end();
  }
}

export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(path.join(await fastDirectory(), "gantry-postgres-"));
  return { path: directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Until it holds; the test's own time limit ends a wait in vain. */
export async function eventually(check: () => unknown): Promise<void> {
  for (;;) {
    try {
      await check();
      return;
    } catch {
      await delay(20);
    }
  }
}
