import type { DeliveryAnswer, Destination, Notice } from "@gantry/sdk/api";
import { GantryError } from "@gantry/sdk";
import { createRedactor, MINIMUM_SECRET_LENGTH } from "../lib/redact.ts";
import type { DueSubscription } from "../store/organization/delivery-queue.ts";
import type { ChannelDeps, Message, Outcome } from "./channels/channel.ts";
import { sendEmail } from "./channels/email.ts";
import { sendSlack, sendSlackWebhook } from "./channels/slack.ts";
import { sendWebhook } from "./channels/webhook.ts";
import { plainLine } from "./plain-text.ts";
import type { DestinationSecrets } from "./destination-secrets.ts";

export interface Sending {
  id: string;
  notices: readonly [Notice, ...Notice[]];
  told: readonly Notice[];
  url: string;
}

export type Sent = Outcome & { answer: DeliveryAnswer };

/** Sends one message and says what became of it; whatever goes wrong is an outcome, and no secret stands in it. */
export async function send(
  deps: ChannelDeps,
  subscription: DueSubscription,
  secrets: DestinationSecrets,
  { id, notices, told, url }: Sending,
): Promise<Sent> {
  const redactor = createRedactor(secrets.all.filter((one) => Buffer.byteLength(one) >= MINIMUM_SECRET_LENGTH));
  const message: Message = {
    id,
    notices: redactor.redactValue(notices),
    told: redactor.redactValue(told),
    subscription,
    link: linkOf(url, notices.at(-1) ?? notices[0]),
    url,
    secret: (reference) => secrets.value(reference.$secret),
    secretVersions: (reference) => secrets.versions(reference.$secret),
  };
  const began = performance.now();
  const outcome = await toChannel(deps, subscription.destination, message).catch(failureOf);
  const answer = {
    ok: outcome.ok,
    status: outcome.status,
    detail: plainLine(redactor.redact(outcome.detail), 500),
    ms: Math.round(performance.now() - began),
    at: new Date(deps.now()).toISOString(),
  };
  return { ...outcome, answer };
}

/** The page where the same can be done as with the notice's command: the run, or what is to be decided of it while it waits for that. */
function linkOf(url: string, { kind, run, event }: Notice): string | null {
  if (kind.startsWith("break_glass.")) return `${url}/settings/break-glass`;
  if (run === null) return null;
  if (kind !== "approval.needed" && kind !== "approval.escalated") return `${url}/runs/${run.id}`;
  const data = event?.data;
  const hash = typeof data === "object" && data !== null && "hash" in data ? data["hash"] : null;
  return `${url}/approvals/${run.id}${typeof hash === "string" ? `?hash=${encodeURIComponent(hash)}` : ""}`;
}

function toChannel(deps: ChannelDeps, destination: Destination, message: Message): Promise<Outcome> {
  switch (destination.channel) {
    case "webhook":
      return sendWebhook(deps, destination, message);
    case "slack":
      return sendSlack(deps, destination, message);
    case "slack-webhook":
      return sendSlackWebhook(deps, destination, message);
    case "email":
      return sendEmail(deps, destination, message);
    default:
      return destination satisfies never;
  }
}

/** Our own errors say what to do; of others only the kind is known to be harmless. */
function failureOf(error: unknown): Outcome {
  if (error instanceof GantryError) return { ok: false, status: null, detail: error.message };
  return { ok: false, status: null, detail: error instanceof Error ? error.name : "unknown error" };
}
