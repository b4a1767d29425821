/**
 * A worker that is cheap to start, so that many can be killed: the product's own engine, runner and shim on the database
 * that GANTRY_DATABASE_URL names. It leaves out what takes most of a start and decides nothing about a kill: roles and
 * migrations are there already, and one sentence stands for the policies.
 */
import { createEventBus } from "@gantry/sdk/event-bus";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { pino } from "pino";
import { createBlobStore, createFileBackend } from "../../platform/src/blobs/index.ts";
import { openKeys } from "../../platform/src/boot/keys.ts";
import { startWorker } from "../../platform/src/boot/start-worker.ts";
import { createCatalog } from "../../platform/src/catalog/index.ts";
import { readConfig } from "../../platform/src/config.ts";
import { createMcpSignIns, createMcpTools, createTokensOf } from "../../platform/src/mcp/index.ts";
import { createAddressGuard } from "../../platform/src/outgoing/index.ts";
import { createUuidV7 } from "../../platform/src/lib/uuid-v7.ts";
import type { Assess } from "../../platform/src/policy/index.ts";
import { connect, deriveRolePasswords } from "../../platform/src/postgres/index.ts";
import { loadOrCreateKeyring } from "../../platform/src/secrets/index.ts";
import { agent } from "./agent/agent.ts";

const config = readConfig();
const log = pino({ level: config.logLevel, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: false }));
const keyring = await loadOrCreateKeyring(config.keyFile);
const engineUrl = new URL(config.databaseUrl ?? "");
engineUrl.username = "gantry_engine";
engineUrl.password = deriveRolePasswords(keyring.deriveKey("database-roles")).gantry_engine;
const database = {
  engineUrl: engineUrl.href,
  apiUrl: "",
  migratorUrl: "",
  authUrl: "",
  backupUrl: "",
  embedded: false,
  stop: async () => {},
};
const engine = connect(database.engineUrl, { name: "gantry-platform", max: 4, log });
const { keys } = await openKeys(config, { keyring, database, log });
const blobs = createBlobStore({
  pool: engine,
  keys,
  backends: [createFileBackend(join(config.dataDir, "blobs"))],
});

/** Changes need an approval, except in an open environment: the shipped policies' main sentence. */
const assess: Assess = ({ effect, scope }, { protection }) => {
  const needed = scope !== "start" && (effect === "changes" || effect === "destroys") && protection !== "open";
  return {
    decision: {
      result: needed ? "require_approval" : "allow",
      policies: ["approve-changes"],
      reasons: [],
      facts: { effect, protection },
      approvals: needed ? [{ group: "approvers", count: 1 }] : [],
    },
    risk: { level: "low", reasons: [] },
  };
};

const catalog = await createCatalog([agent]);
const signIns = { pool: engine, keys, guard: createAddressGuard([]), now: Date.now };
const mcp = { guard: signIns.guard, version: "0.0.0", talk: null, tokensOf: createTokensOf(signIns) };
const mcpSignIns = createMcpSignIns(signIns);
const mcpTools = createMcpTools(mcp);
const newId = createUuidV7();
const parts = {
  config,
  log,
  version: "0.0.0",
  keyring,
  keys,
  database,
  catalog,
  assess,
  mcp,
  mcpSignIns,
  mcpTools,
  newId,
};
const worker = await startWorker(parts, { engine, blobs, sinks: createEventBus([]) });
process.once("SIGTERM", async () => {
  await worker.stop();
  await engine.end();
  process.exit(0);
});
// Ends with whoever started it.
process.stdin.resume().on("end", () => process.exit(1));
console.log(JSON.stringify({ ready: true }));
// For those that are started now; by itself Node writes its cache when it ends, which these do by SIGKILL.
flushCompileCache();
