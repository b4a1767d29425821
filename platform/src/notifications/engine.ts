import { setTimeout as delay } from "node:timers/promises";
import { dueSubscriptions } from "../store/organization/delivery-queue.ts";
import { organizationsWithNews } from "../store/organization/notification-cursors.ts";
import type { NotificationDeps } from "./deps.ts";
import { fanOut } from "./fan-out.ts";
import { runLane } from "./lane.ts";

export interface Notifications {
  /** Lets what is being sent end for a moment; what doesn't is released for others. */
  stop(): Promise<void>;
}

/** News in one look at most; what is more waits until others had their turn. */
const pagesPerLook = 10;
/** So many destinations at once. Each takes a few sockets and waits for itself. */
const maxLanes = 1_000;
const graceMs = 3_000;
/** Every look would be too often where events come by the thousand. */
const lookPauseMs = 50;

/** Starts delivering: looks for news and for what is due whenever events are announced, and every poll interval. */
export function createNotifications(deps: NotificationDeps): Notifications {
  const { pool, log } = deps;
  const stopping = new AbortController();
  const cutting = new AbortController();
  const lanes = new Map<string, Promise<void>>();
  let wake = (): void => {};
  let woken = false;
  const look = (): void => {
    woken = true;
    wake();
  };

  const readNews = async (): Promise<void> => {
    for (const org of await organizationsWithNews(pool)) {
      try {
        let more = true;
        for (let page = 0; more && page < pagesPerLook && !stopping.signal.aborted; page += 1)
          more = await fanOut(deps, org);
        if (more) look();
      } catch (err) {
        log.error({ err, org }, "An organization's events could not be made into deliveries; trying again");
      }
    }
  };
  const openLanes = async (): Promise<void> => {
    for (const subscription of await dueSubscriptions(pool, [...lanes.keys()])) {
      if (lanes.size >= maxLanes || stopping.signal.aborted) return;
      const { id, org } = subscription;
      const lane = runLane({ ...deps, stopping: stopping.signal, cutting: cutting.signal }, subscription)
        .catch((err: unknown) =>
          log.warn({ err, org, subscription: id }, "A subscription's deliveries stopped; trying again"),
        )
        .finally(() => lanes.delete(id));
      lanes.set(id, lane);
    }
  };
  const loop = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      woken = false;
      try {
        await readNews();
        await openLanes();
        failures = 0;
      } catch (err) {
        failures += 1;
        if (failures === 1) log.warn({ err }, "Notifications can't reach the database; trying again");
      }
      if (woken && failures === 0) await delay(lookPauseMs);
      else await pause(deps.pollMs);
    }
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (woken || stopping.signal.aborted) wake();
    });

  const unsubscribe = deps.onEvents(look);
  const looping = loop();
  return {
    stop: async () => {
      unsubscribe();
      stopping.abort();
      wake();
      await looping;
      const cut = setTimeout(() => cutting.abort(), graceMs);
      await Promise.all(lanes.values());
      clearTimeout(cut);
    },
  };
}
