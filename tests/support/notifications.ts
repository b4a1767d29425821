import { connect } from "../../platform/src/postgres/index.ts";
import { createNotifications, type NotificationDeps } from "../../platform/src/notifications/index.ts";
import { createAddressGuard } from "../../platform/src/outgoing/index.ts";
import type { TestApi } from "./api.ts";
import { newId } from "./engine.ts";
import { silentLog } from "./log.ts";

/** A process's part that delivers, in this one: may reach this machine, and doesn't wait long for anything. */
export function startTestNotifications(api: TestApi, options: Partial<NotificationDeps> = {}): AsyncDisposable {
  const pool = connect(api.engine.database.engineUrl, { name: "test-notifications", max: 4, log: silentLog });
  const notifications = createNotifications({
    pool,
    keys: api.keys,
    guard: createAddressGuard(["127.0.0.0/8"]),
    slackUrl: "http://127.0.0.1:1/api",
    newId,
    random: Math.random,
    now: Date.now,
    log: silentLog,
    onEvents: () => () => {},
    retry: { attempts: 3, firstMs: 20, factor: 1, longestMs: 20 },
    pollMs: 20,
    timeoutMs: 60_000,
    leaseMs: 10_000,
    digestMs: 0,
    ...options,
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await notifications.stop();
      await pool.end();
    },
  };
}
