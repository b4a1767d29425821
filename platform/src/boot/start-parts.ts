import { readFileSync } from "node:fs";
import { createEventBus } from "@gantry/sdk/event-bus";
import { startSealer } from "../audit/index.ts";
import { createCatalog, loadAgents, readRunbookFolder } from "../catalog/index.ts";
import { startErasures } from "../erasure/index.ts";
import { createUuidV7 } from "../lib/uuid-v7.ts";
import { createMcpSignIns, createMcpTools, createTokensOf } from "../mcp/index.ts";
import { createAddressGuard } from "../outgoing/index.ts";
import { createPolicy } from "../policy/index.ts";
import { connect } from "../postgres/index.ts";
import { makeMonths, startRetention } from "../retention/index.ts";
import { createEncryption, startReencryption } from "../secrets/index.ts";
import { createSigner } from "../signing/index.ts";
import { openBlobs } from "./blobs.ts";
import type { Database } from "./database.ts";
import { openKeys } from "./keys.ts";
import { openTalks } from "./open-talks.ts";
import type { Parts } from "./parts.ts";
import type { RunningApi } from "./start-api.ts";
import { readVersion } from "./version.ts";

/** What starts parts is told of each that runs, to stop them the other way round. */
export interface StartOptions extends Pick<Parts, "config" | "log" | "keyring"> {
  opening: Promise<Database>;
  stops: (() => Promise<void>)[];
}

/** Starts all that this process is for, as soon as the database is there. */
export async function startParts({
  config,
  log,
  keyring,
  opening,
  stops,
}: StartOptions): Promise<Omit<RunningApi, "stop"> | null> {
  preload(config);
  const loading = Promise.all([loadAgents(config.agents), readRunbookFolder(config.runbooksDir)]);
  const [catalog, database] = await Promise.all([
    loading.then(([agents, files]) => createCatalog(agents, files)),
    opening,
  ]);
  const assess = createPolicy(config.policyFile === undefined ? undefined : readFileSync(config.policyFile, "utf8"));
  const { keys, keyEncryption, stop: closeKeys } = await openKeys(config, { keyring, database, log });
  stops.push(closeKeys);
  const version = readVersion();
  const engine = connect(database.engineUrl, { name: "gantry-platform", max: 8, log });
  stops.push(() => engine.end());
  const signIns = { pool: engine, keys, guard: createAddressGuard(config.outgoingAllow), now: Date.now };
  const mcp = { guard: signIns.guard, version, talk: openTalks({ config, log }), tokensOf: createTokensOf(signIns) };
  const parts: Parts = {
    config,
    log,
    version,
    keyring,
    keys,
    database,
    catalog,
    assess,
    mcp,
    mcpSignIns: createMcpSignIns(signIns),
    mcpTools: createMcpTools(mcp),
    newId: createUuidV7(),
  };
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
  return api;
}

/** While the database starts, the rest is read and compiled; who needs a part later has it, or gets its error. */
function preload({ role, notifications }: Parts["config"]): void {
  void Promise.allSettled([
    role === "worker" || import("./start-api.ts"),
    role === "api" || import("./start-worker.ts"),
    import("./start-triggers.ts"),
    notifications && import("./start-notifications.ts"),
  ]);
}
