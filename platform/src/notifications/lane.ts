import type { DeliveryAnswer } from "@gantry/sdk/api";
import { GantryError } from "@gantry/sdk";
import {
  endDeliveries,
  followersOf,
  leaseHeads,
  toldBefore,
  type DeliveryEnd,
  type DueSubscription,
  type QueuedDelivery,
} from "../store/organization/delivery-queue.ts";
import { readThread, writeThread } from "../store/organization/notification-threads.ts";
import { readInstallationUrl } from "../store/journal/noticed-runs.ts";
import { holdSubscription, pauseRefused } from "../store/organization/subscriptions.ts";
import { waitAfter } from "./back-off.ts";
import { readDestinationSecrets, type DestinationSecrets } from "./destination-secrets.ts";
import type { NotificationDeps } from "./deps.ts";
import { quietFor } from "./quiet-hours.ts";
import { send, type Sent } from "./send.ts";

export interface LaneDeps extends NotificationDeps {
  /** Take nothing new. */
  stopping: AbortSignal;
  /** Let go of what is being sent. */
  cutting: AbortSignal;
}

/** Of one destination at once, in this process. */
const parallel = 4;
/** How much of a run's past a message shows. */
const history = 8;

/**
 * Sends what is due of one subscription until nothing is. It waits only for its own destination: that is the bulkhead.
 * Within a run one delivery follows the other; runs go side by side.
 */
export async function runLane(deps: LaneDeps, subscription: DueSubscription): Promise<void> {
  const { pool, newId, leaseMs, stopping } = deps;
  const { org } = subscription;
  const [secrets, url] = await Promise.all([
    readDestinationSecrets(deps, subscription).catch((error: unknown) => error),
    readInstallationUrl(pool),
  ]);
  while (!stopping.aborted) {
    const lease = newId();
    const heads = await leaseHeads(pool, subscription, { lease, leaseMs, limit: parallel });
    if (heads.length === 0) return;
    await Promise.all(
      heads.map(async (head) => {
        const quiet = isUrgent(head.kind) ? 0 : quietFor(subscription.quietHours, head.kind, deps.now());
        if (quiet > 0) {
          const end = { status: "quiet", afterMs: quiet } as const;
          return endDeliveries(pool, org, { ids: [head.id], lease, end, answer: null });
        }
        const batch = await batchOf(deps, subscription, head);
        const sent = isSecrets(secrets)
          ? await sendBatch(deps, subscription, secrets, batch, url)
          : unsendable(deps, secrets);
        const end = deps.cutting.aborted && !sent.ok ? ({ status: "released" } as const) : endOf(deps, head, sent);
        await settle(deps, subscription, { batch, lease, end, sent });
      }),
    );
  }
}

/** Somebody waits for a test, and nobody may sleep through broken glass. */
function isUrgent(kind: string): boolean {
  return kind === "test" || kind === "break_glass.opened";
}

type Batch = [QueuedDelivery, ...QueuedDelivery[]];

/** Where people read, what came in quick succession is one message. Programs get each by itself. */
async function batchOf({ pool, now }: LaneDeps, subscription: DueSubscription, head: QueuedDelivery): Promise<Batch> {
  if (subscription.destination.channel === "webhook" || isUrgent(head.kind)) return [head];
  const behind = await followersOf(pool, subscription, head);
  return [head, ...behind.filter(({ kind }) => quietFor(subscription.quietHours, kind, now()) === 0)];
}

async function sendBatch(
  deps: LaneDeps,
  subscription: DueSubscription,
  secrets: DestinationSecrets,
  batch: Batch,
  url: string,
): Promise<Sent> {
  const { pool, now, guard, slackUrl, timeoutMs, cutting } = deps;
  const [head] = batch;
  const { org, id } = subscription;
  const told =
    subscription.destination.channel === "webhook" ? [] : await toldBefore(pool, subscription, head.run, history);
  const place = { org, subscription: id, run: head.run };
  const thread = {
    read: () => readThread(pool, place),
    write: (to: { channel: string; message: string }) => writeThread(pool, place, to),
  };
  const signal = AbortSignal.any([cutting, AbortSignal.timeout(timeoutMs)]);
  return send({ guard, slackUrl, signal, now, thread }, subscription, secrets, {
    // The last one's: a message that is sent again with more in it is another one.
    id: batch.at(-1)?.id ?? head.id,
    notices: batch.map(({ notice }) => notice) as [QueuedDelivery["notice"]],
    told,
    url,
  });
}

function isSecrets(secrets: unknown): secrets is DestinationSecrets {
  return typeof secrets === "object" && secrets !== null && "all" in secrets;
}

/** A secret is missing or can't be opened: somebody can mend that, so it is tried again. */
function unsendable({ now }: LaneDeps, error: unknown): Sent {
  if (!(error instanceof GantryError)) throw error;
  const answer: DeliveryAnswer = {
    ok: false,
    status: null,
    detail: error.message,
    ms: 0,
    at: new Date(now()).toISOString(),
  };
  return { ok: false, status: null, detail: error.message, answer };
}

function endOf({ retry, random }: LaneDeps, head: QueuedDelivery, sent: Sent): DeliveryEnd {
  if (sent.ok) return { status: "sent" };
  if (head.kind === "test") return { status: "failed" };
  const tried = head.attempts + 1;
  if (sent.final === true || tried >= retry.attempts) return { status: "dead" };
  return { status: "retry", afterMs: Math.max(waitAfter(retry, tried, random()), sent.retryAfterMs ?? 0) };
}

async function settle(
  { pool, log }: LaneDeps,
  { org, id, name }: DueSubscription,
  { batch, lease, end, sent }: { batch: Batch; lease: string; end: DeliveryEnd; sent: Sent },
): Promise<void> {
  if (typeof sent.retryAfterMs === "number") await holdSubscription(pool, org, id, sent.retryAfterMs);
  if (sent.gone === true) await pauseRefused(pool, org, id, "the destination, which answered that it is gone");
  await endDeliveries(pool, org, { ids: batch.map((one) => one.id), lease, end, answer: sent.answer });
  if (end.status === "dead") {
    log.warn(
      { org, subscription: name, delivery: batch[0].id, detail: sent.answer.detail },
      "A notification is a dead letter",
    );
  }
}
