import { createNotifications, defaultRetryPolicy } from "../notifications/index.ts";
import { createAddressGuard } from "../outgoing/index.ts";
import { clientConfig, connect } from "../postgres/index.ts";
import { eventsChannel, listen } from "../store/journal/notify.ts";
import type { Parts } from "./parts.ts";

/** Delivers what subscriptions want to know, on connections of its own: a slow receiver is nobody else's matter. */
export async function startNotifications(parts: Parts): Promise<{ stop(): Promise<void> }> {
  const { config, log, keys, database, newId } = parts;
  const pool = connect(database.engineUrl, { name: "gantry-notifications", max: 4, log });
  const listeners = new Set<() => void>();
  const listening = listen(
    {
      clientConfig: clientConfig(database.engineUrl, { name: "gantry-notifications-listen" }),
      random: Math.random,
      log,
    },
    [eventsChannel],
    () => listeners.forEach((listener) => listener()),
  );
  const notifications = createNotifications({
    pool,
    keys,
    guard: createAddressGuard(config.outgoingAllow),
    slackUrl: config.slackUrl,
    newId,
    random: Math.random,
    now: Date.now,
    log,
    onEvents: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    retry: defaultRetryPolicy,
    pollMs: 1_000,
    timeoutMs: 15_000,
    leaseMs: 60_000,
    digestMs: 10_000,
  });
  return {
    stop: async () => {
      await notifications.stop();
      await listening.close();
      await pool.end();
    },
  };
}
