import type { Config } from "../config.ts";
import type { Log } from "../lib/log.ts";
import { prepareDataDirectory } from "../postgres/index.ts";
import { loadOrCreateKeyring } from "../secrets/keyring.ts";
import { openDatabase } from "./database.ts";

export interface Platform {
  /** Where the API is reached; null for a process that only works. */
  url: string | null;
  /** The administrator's key, where this host has it. */
  key: string | null;
  /** Where the first person becomes the owner; null once there is anybody. */
  link: string | null;
  stop(): Promise<void>;
}

/**
 * Builds and starts what the configuration asks for; stopping goes the other way round.
 * @throws GantryError naming what can't be used: the data directory, the database, an agent, a policy, the port.
 */
export async function startPlatform(config: Config, log: Log): Promise<Platform> {
  await prepareDataDirectory(config.dataDir);
  const keyring = await loadOrCreateKeyring(config.keyFile);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    const opening = openDatabase(config, { keyring, log });
    // Also when an agent can't be loaded while the database is still starting; and it may fail before anybody waits for it.
    const opened = opening.catch(() => null);
    stops.push(async () => (await opened)?.stop());
    // Not before: the database takes its time to start, in which the rest is loaded.
    const { startParts } = await import("./start-parts.ts");
    const api = await startParts({ config, log, keyring, opening, stops });
    return { url: api?.url ?? null, key: api?.key ?? null, link: api?.link ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
