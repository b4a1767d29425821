import { readFileSync } from "node:fs";
import { createEventBus } from "@gantry/sdk/event-bus";
import type { Config } from "../config.ts";
import { startSealer } from "../audit/index.ts";
import { createCatalog, loadAgents, readRunbookFolder } from "../catalog/index.ts";
import type { Log } from "../lib/log.ts";
import { createUuidV7 } from "../lib/uuid-v7.ts";
import { createPolicy } from "../policy/index.ts";
import { startErasures } from "../erasure/index.ts";
import { connect, prepareDataDirectory } from "../postgres/index.ts";
import { makeMonths, startRetention } from "../retention/index.ts";
import { createEncryption, loadOrCreateKeyring, startReencryption } from "../secrets/index.ts";
import { createSigner } from "../signing/index.ts";
import { openDatabase } from "./database.ts";
import { openBlobs } from "./blobs.ts";
import { openKeys } from "./keys.ts";
import type { Parts } from "./parts.ts";
import { readVersion } from "./version.ts";

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
    // Also when an agent can't be loaded while the database is still starting.
    stops.push(async () => (await opening.catch(() => null))?.stop());
    const loading = Promise.all([loadAgents(config.agents), readRunbookFolder(config.runbooksDir)]);
    const [catalog, database] = await Promise.all([
      loading.then(([agents, files]) => createCatalog(agents, files)),
      opening,
    ]);
    const assess = createPolicy(config.policyFile === undefined ? undefined : readFileSync(config.policyFile, "utf8"));
    const { keys, keyEncryption, stop: closeKeys } = await openKeys(config, { keyring, database, log });
    stops.push(closeKeys);
    const parts: Parts = {
      config,
      log,
      version: readVersion(),
      keyring,
      keys,
      database,
      catalog,
      assess,
      newId: createUuidV7(),
    };
    const engine = connect(database.engineUrl, { name: "gantry-platform", max: 8, log });
    stops.push(() => engine.end());
    await makeMonths({ pool: engine, log });
    const blobs = await openBlobs(parts, engine);
    stops.push(blobs.stop);
    // Loaded only where it is needed: it saves the others its memory and a part of their start.
    const sinks =
      config.eventSinks.length === 0
        ? createEventBus([])
        : (await import("../event-sinks/index.ts")).openEventSinks(config.eventSinks, parts);
    // After the worker, so that its last events go out too.
    stops.push(() => sinks.close(5_000));
    const encryption = createEncryption({ pool: engine, keys, keyEncryption });
    const shared = { engine, encryption, blobs: blobs.store, blobPlace: blobs.place, sinks };
    if (config.notifications) {
      stops.push((await (await import("./start-notifications.ts")).startNotifications(parts)).stop);
    }
    const api = config.role === "worker" ? null : await (await import("./start-api.ts")).startApi(parts, shared);
    if (api) stops.push(api.stop);
    const worker = config.role === "api" ? null : await (await import("./start-worker.ts")).startWorker(parts, shared);
    if (worker) stops.push(worker.stop);
    const sealer = startSealer({
      pool: engine,
      signer: createSigner({ pool: engine, keyring, now: Date.now }),
      now: Date.now,
      log,
    });
    stops.push(sealer.stop);
    const retention = startRetention({
      pool: engine,
      blobs: blobs.store,
      keepDays: config.retentionDays,
      undoDays: config.retentionUndoDays,
      holder: parts.newId(),
      newId: parts.newId,
      everyMs: 3_600_000,
      now: Date.now,
      log,
    });
    stops.push(retention.stop);
    const reencryption = startReencryption({
      pool: engine,
      keys,
      keyEncryption,
      holder: parts.newId(),
      everyMs: 15_000,
      log,
    });
    stops.push(reencryption.stop);
    if (config.role !== "worker") {
      const signer = createSigner({ pool: engine, keyring, now: Date.now });
      const erasures = startErasures({
        pool: engine,
        blobs: blobs.store,
        signer,
        now: Date.now,
        newId: parts.newId,
        everyMs: 5_000,
        log,
      });
      stops.push(erasures.stop);
    }
    if (config.role !== "worker" && config.backup.folder !== undefined)
      stops.push((await import("./start-backups.ts")).startBackups(parts, engine).stop);
    const triggers = await (await import("./start-triggers.ts")).startTriggers(parts, shared);
    stops.push(triggers.stop);
    return { url: api?.url ?? null, key: api?.key ?? null, link: api?.link ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
