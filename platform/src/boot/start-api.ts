import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EventBus } from "@gantry/sdk/event-bus";
import type { Pool } from "pg";
import {
  createApi,
  defaultApiConfig,
  ensureFirstOrganization,
  firstAdministratorLink,
  issueAdministratorKey,
  type ApiConfig,
  type BlobPlace,
} from "../api/index.ts";
import type { BlobStore } from "../blobs/index.ts";
import type { Config } from "../config.ts";
import { createTryConnection } from "../connections/index.ts";
import { createReaders } from "../live-answers/index.ts";
import { createLookAtMcp } from "../mcp/index.ts";
import { createModels } from "../models/index.ts";
import type { Encryption } from "../secrets/index.ts";
import { clientConfig, connect } from "../postgres/index.ts";
import { createRateLimiter } from "../rate-limits/index.ts";
import { createFindRunbook } from "../runbooks/index.ts";
import { createSigner } from "../signing/index.ts";
import {
  answersChannel,
  createNotifier,
  createTeller,
  eventsChannel,
  listen,
  readersChannel,
  workChannel,
} from "../store/journal/notify.ts";
import { openCertificate } from "./certificate.ts";
import { PortTakenError } from "./errors.ts";
import { createDatabaseInspection } from "./inspect-database.ts";
import { prepareExample } from "./example.ts";
import type { Parts } from "./parts.ts";
import { openSignIn } from "./start-sign-in.ts";
import { triggerParts } from "./start-triggers.ts";

export interface RunningApi {
  url: string;
  key: string | null;
  /** Where the first person becomes the owner; null once there is anybody. */
  link: string | null;
  stop(): Promise<void>;
}

/** Listens, after making sure that there is an organization and that this host knows its administrator's key. */
export async function startApi(
  parts: Parts,
  {
    engine,
    encryption,
    blobs,
    blobPlace,
    sinks,
  }: { engine: Pool; encryption: Encryption; blobs: BlobStore; blobPlace: BlobPlace; sinks: EventBus },
): Promise<RunningApi> {
  const { config, log, catalog, assess, keyring, keys, database, mcp, mcpSignIns, mcpTools, newId } = parts;
  const { reach } = config;
  const certificate =
    reach.tls === undefined ? null : await openCertificate(reach.tls, { now: Date.now, log, everyMs: 10_000 });
  const reload = (): void => void certificate?.reload();
  if (certificate !== null) process.on("SIGHUP", reload);
  const pool = connect(database.apiUrl, { name: "gantry-api", max: 20, log });
  const notifier = createNotifier({
    clientConfig: clientConfig(database.apiUrl, { name: "gantry-api-notify" }),
    random: Math.random,
    log,
  });
  const teller = createTeller({
    clientConfig: clientConfig(database.apiUrl, { name: "gantry-api-readers" }),
    random: Math.random,
    log,
  });
  const readers = createReaders({ tell: (payloads) => teller.tell(readersChannel, payloads) });
  const listeners = new Set<() => void>();
  const feed = listen(
    { clientConfig: clientConfig(database.apiUrl, { name: "gantry-api-listen" }), random: Math.random, log },
    [eventsChannel, answersChannel],
    (channel, payload) => {
      if (channel === answersChannel) readers.onPart(payload);
      else for (const listener of listeners) listener();
    },
  );
  let address = config.url ?? "http://localhost";
  const limiter = createRateLimiter({ pool, now: Date.now, log });
  const { signIn, authPool } = openSignIn(parts, engine, () => address);
  const { guard } = mcp;
  const models = createModels({ pool: engine, keys, guard, now: Date.now, random: Math.random, newId, log });
  const app = await createApi({
    pool,
    authPool,
    signIn,
    catalog,
    lookAtMcp: createLookAtMcp({ ...mcp, pool: engine, keys }),
    mcpSignIns,
    mcpTools,
    findRunbook: createFindRunbook(catalog, mcpTools),
    assess,
    tryConnection: createTryConnection({ guard }),
    models,
    triggers: triggerParts(parts),
    keyring,
    keys,
    encryption,
    signer: createSigner({ pool, keyring, now: Date.now }),
    limiter,
    blobs,
    blobPlace,
    inspectDatabase: createDatabaseInspection({
      engineUrl: database.engineUrl,
      directory: database.embedded ? join(config.dataDir, "postgres") : null,
    }),
    configuration: config.view,
    wakeWorkers: () => notifier.notify(workChannel),
    onEvents: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    readers,
    findExample: prepareExample(parts),
    sinkStats: sinks.stats,
    now: Date.now,
    newId,
    log,
    certificate,
    config: {
      ...defaultApiConfig,
      corsOrigins: reach.corsOrigins,
      trustedProxies: reach.trustedProxies,
      requestsPerMinute: reach.requestsPerMinute,
      addressRequestsPerMinute: reach.addressRequestsPerMinute,
      signInsPerMinute: reach.signInsPerMinute,
      version: parts.version,
      apiKeyDays: config.apiKeyDays,
      firstQuotas: config.firstQuotas,
      retention: { keepDays: config.retentionDays, undoDays: config.retentionUndoDays },
      backups: scheduleOf(config),
      allowedHosts: allowedHosts(config),
    },
  });
  const stop = async () => {
    process.off("SIGHUP", reload);
    await certificate?.stop();
    await app.close();
    models.close();
    await limiter.close();
    await feed.close();
    readers.close();
    await teller.close();
    await notifier.close();
    await authPool.end();
    await pool.end();
  };
  try {
    const key = await administratorKey(parts, engine);
    const listening = await app.listen({ host: config.host, port: config.port });
    const url = config.url ?? (certificate === null ? listening : listening.replace(/^http:/, "https:"));
    address = url;
    await engine.query(
      "INSERT INTO installation (key, value) VALUES ('url', to_json($1::text)) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      [url],
    );
    writeFileSync(join(config.dataDir, "server.json"), `${JSON.stringify({ url, pid: process.pid })}\n`, {
      mode: 0o600,
    });
    const link = await firstAdministratorLink({ pool: engine, keyring, newId }, signIn.origins().main);
    return { url, key, link, stop };
  } catch (error) {
    await stop();
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE")
      throw new PortTakenError(config.host, config.port, error);
    throw error;
  }

  /** Kept beside the database so that the command line on this host finds it; elsewhere it is shown this once. */
  async function administratorKey(
    { config: { dataDir }, database: { embedded } }: Parts,
    db: Pool,
  ): Promise<string | null> {
    const file = join(dataDir, "administrator-key");
    const key = (await ensureFirstOrganization({ pool: db, newId }))?.key ?? null;
    // Whoever owns the embedded database owns the installation: a lost key file is replaced.
    const lost = key === null && embedded && !existsSync(file);
    const fresh = lost ? await issueAdministratorKey({ pool: db, newId }) : key;
    if (fresh !== null) writeFileSync(file, `${fresh}\n`, { mode: 0o600 });
    return existsSync(file) ? readFileSync(file, "utf8").trim() : null;
  }
}

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

/** Who listens on loopback is only spoken to by loopback names, or a page elsewhere could rebind its own to here. */
function allowedHosts({ host, url }: Config): ApiConfig["allowedHosts"] {
  if (url === undefined) return isLoopback(host) ? loopbackNames : "any";
  return [...loopbackNames, new URL(url).hostname];
}

function scheduleOf({ backup: { folder, everyHours, keep, keepDays } }: Config): ApiConfig["backups"] {
  return folder === undefined ? null : { folder, everyHours, keep, keepDays };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
