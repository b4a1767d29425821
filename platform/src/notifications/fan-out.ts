import type { Pool } from "pg";
import { insertDeliveries } from "../store/organization/deliveries.ts";
import { readFeed, readIncarnation, type StoredFeedEvent } from "../store/journal/event-feed.ts";
import { readNoticedRuns, type NoticedRun } from "../store/journal/noticed-runs.ts";
import { moveCursor, restartCursor, takeCursor } from "../store/organization/notification-cursors.ts";
import { inOrganization } from "../store/organization.ts";
import { readSubscriptions, type SubscriptionRow } from "../store/organization/subscriptions.ts";
import { needsPerson, kindOf, wants } from "./kinds.ts";
import { composeNotice } from "./notice.ts";

const pageSize = 200;

export interface FanOutDeps {
  pool: Pool;
  newId(): string;
  /** For how long an e-mail waits for more of its run, so that quick successions come as one. */
  digestMs: number;
}

/**
 * Turns the next page of an organization's feed into deliveries and moves its cursor, in one transaction: an event becomes
 * deliveries exactly once, whatever process dies when.
 *
 * @returns whether there may be more.
 */
export async function fanOut({ pool, newId, digestMs }: FanOutDeps, org: string): Promise<boolean> {
  return inOrganization(pool, org, async (tx) => {
    const cursor = await takeCursor(tx, org);
    if (cursor === null) return false;
    const incarnation = await readIncarnation(tx);
    if (cursor.incarnation !== incarnation) {
      await restartCursor(tx, org, incarnation);
      return true;
    }
    const page = await readFeed(tx, org, cursor, pageSize);
    const last = page.at(-1);
    if (last === undefined) return false;
    const subscriptions = await readSubscriptions(tx, org);
    const wanted = page.flatMap(({ event, position }) => {
      const takers = subscriptions.filter((one) => wants(one.kinds, event) && BigInt(position.xid) > BigInt(one.since));
      return takers.length === 0 ? [] : [{ event, takers }];
    });
    const ids = [...new Set(wanted.map(({ event }) => event.run))];
    const runs = new Map(ids.length === 0 ? [] : (await readNoticedRuns(tx, org, ids)).map((run) => [run.id, run]));
    await insertDeliveries(
      tx,
      org,
      wanted.flatMap(({ event, takers }) => {
        const run = runs.get(event.run);
        if (run === undefined) return [];
        const notice = composeNotice(event, run);
        return takers
          .filter((taker) => concerns(taker, run))
          .map((taker) => ({
            id: newId(),
            subscription: taker.id,
            run: run.id,
            seq: event.seq,
            kind: notice.kind,
            notice,
            delayMs: delayOf(taker, event, digestMs),
          }));
      }),
    );
    await moveCursor(tx, org, last.position);
    return page.length === pageSize;
  });
}

function concerns({ project, environment }: SubscriptionRow, run: NoticedRun): boolean {
  return (project === null || project === run.projectId) && (environment === null || environment === run.environment);
}

function delayOf({ destination }: SubscriptionRow, event: StoredFeedEvent, digestMs: number): number {
  return destination.channel === "email" && !needsPerson(kindOf(event)) ? digestMs : 0;
}
