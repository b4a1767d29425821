// A process that does nothing but deliver, to be killed by tests. Told everything by its first argument, as JSON.
import { createAddressGuard } from "../../platform/src/outgoing/index.ts";
import { createNotifications } from "../../platform/src/notifications/index.ts";
import { connect } from "../../platform/src/postgres/index.ts";
import { createUuidV7 } from "../../platform/src/lib/uuid-v7.ts";
import { openTestKeys } from "./keys.ts";
import { silentLog } from "./log.ts";

const { engineUrl, keyFile, leaseMs } = JSON.parse(process.argv[2] ?? "{}") as {
  engineUrl: string;
  keyFile: string;
  leaseMs: number;
};
const pool = connect(engineUrl, { name: "test-notifier", max: 3, log: silentLog });
createNotifications({
  pool,
  keys: await openTestKeys(pool, keyFile),
  guard: createAddressGuard(["127.0.0.0/8"]),
  slackUrl: "http://127.0.0.1:1/api",
  newId: createUuidV7(),
  random: Math.random,
  now: Date.now,
  log: silentLog,
  onEvents: () => () => {},
  retry: { attempts: 20, firstMs: 20, factor: 1, longestMs: 20 },
  pollMs: 20,
  timeoutMs: 30_000,
  leaseMs,
  digestMs: 0,
});
process.stdout.write("ready\n");
