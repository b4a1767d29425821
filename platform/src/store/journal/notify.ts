import pg from "pg";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../lib/log.ts";
import { backOff } from "./lane.ts";

/** Wakeups or messages were written: workers look for work. */
export const workChannel = "gantry_work";
/** Events were written: streams look for them. */
export const eventsChannel = "gantry_events";
/** What models say while they say it, for streams; and which runs' answers anybody reads, for workers. Both carry what they tell. */
export const answersChannel = "gantry_answers";
export const readersChannel = "gantry_readers";
type EmptyChannel = typeof workChannel | typeof eventsChannel;
export type Channel = EmptyChannel | typeof answersChannel | typeof readersChannel;

/** Between two notifications: the first of a burst goes out at once; streams are as good with 50 looks a second as with all. */
const pauseMs: Record<EmptyChannel, number> = { [workChannel]: 4, [eventsChannel]: 20 };

export interface NotifyDeps {
  /** Of a connection for this purpose alone. */
  clientConfig: pg.ClientConfig;
  random(): number;
  log: Log;
}

/**
 * Sends empty notifications, after the commit, on a connection of its own, and one at most per channel while the last is
 * under way: NOTIFY inside transactions took commits from 10,900 to 3,800 a second. One that is lost costs a poll.
 */
export function createNotifier(deps: NotifyDeps): { notify(channel: EmptyChannel): void; close(): Promise<void> } {
  let client: Promise<pg.Client> | null = null;
  const wanted = new Set<EmptyChannel>();
  const sending = new Map<EmptyChannel, Promise<void>>();
  let closed = false;

  const send = async (channel: EmptyChannel): Promise<void> => {
    while (wanted.delete(channel) && !closed) {
      try {
        client ??= connected(deps.clientConfig, () => (client = null));
        const db = await client;
        await db.query(`NOTIFY ${channel}`);
      } catch (error) {
        client = null;
        deps.log.debug({ err: error }, "A notification was not sent; the poll makes up for it");
      }
      await delay(pauseMs[channel]);
    }
  };
  return {
    notify: (channel) => {
      wanted.add(channel);
      if (!sending.has(channel))
        sending.set(
          channel,
          send(channel).finally(() => sending.delete(channel)),
        );
    },
    close: async () => {
      closed = true;
      await Promise.all(sending.values());
      await (await client?.catch(() => null))?.end().catch(() => {});
    },
  };
}

/** Sends notifications that carry something, on a connection of its own that is made for the first. What can't be sent is lost. */
export function createTeller(deps: NotifyDeps): {
  /** Each payload has fewer than 8,000 bytes. */
  tell(channel: typeof answersChannel | typeof readersChannel, payloads: readonly string[]): Promise<void>;
  close(): Promise<void>;
} {
  let client: Promise<pg.Client> | null = null;
  let closed = false;
  return {
    tell: async (channel, payloads) => {
      if (closed) return;
      try {
        client ??= connected(deps.clientConfig, () => (client = null));
        await (await client).query("SELECT pg_notify($1, one) FROM unnest($2::text[]) one", [channel, payloads]);
      } catch (error) {
        client = null;
        deps.log.debug({ err: error }, "Parts of answers were not sent; the journal has them whole");
      }
    },
    close: async () => {
      closed = true;
      await (await client?.catch(() => null))?.end().catch(() => {});
    },
  };
}

/** Calls `onNotify` for every notification and, without a payload, after every (re)connection, as some may have been missed before it. */
export function listen(
  deps: NotifyDeps,
  channels: readonly Channel[],
  onNotify: (channel: Channel, payload: string) => void,
): { close(): Promise<void> } {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    for (let tries = 1; !stop.signal.aborted; tries += 1) {
      try {
        const broken = Promise.withResolvers<void>();
        const client = await connected(deps.clientConfig, broken.resolve);
        const end = (): void => broken.resolve();
        stop.signal.addEventListener("abort", end, { once: true });
        // Closed while it was connecting: that event has been, and would be waited for without end.
        if (stop.signal.aborted) end();
        client.on("notification", ({ channel, payload }) => onNotify(channel as Channel, payload ?? ""));
        await client.query(channels.map((channel) => `LISTEN ${channel}`).join(";"));
        tries = 0;
        for (const channel of channels) onNotify(channel, "");
        await broken.promise;
        stop.signal.removeEventListener("abort", end);
        await client.end().catch(() => {});
      } catch (error) {
        if (tries === 1) deps.log.warn({ err: error }, "Notifications can't be received; polling until they can");
      }
      if (!stop.signal.aborted)
        await delay(backOff(tries, deps.random()), undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function connected(config: pg.ClientConfig, onEnd: () => void): Promise<pg.Client> {
  const client = new pg.Client(config);
  client.on("error", () => {});
  client.once("end", onEnd);
  await client.connect();
  return client;
}
