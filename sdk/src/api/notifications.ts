import { z } from "zod";
import { eventTypes, FinalStatus, type EventType } from "../events.ts";
import { Json } from "../json.ts";
import { Name, Page, PageQuery, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** What people are told, by the reason for telling them; `*` stands for everything. */
export type NoticeKind =
  | "approval.needed"
  | "run.needs_attention"
  | `run.${FinalStatus}`
  | `break_glass.${"opened" | "ended" | "reviewed"}`;
export const noticeKinds: readonly NoticeKind[] = [
  "approval.needed",
  "run.needs_attention",
  ...FinalStatus.options.map((status): NoticeKind => `run.${status}`),
  "break_glass.opened",
  "break_glass.ended",
  "break_glass.reviewed",
];

/** A kind of notice, a type of event (every one that happens), or `*`. */
export const SubscriptionKind = z.enum(["*", ...noticeKinds, ...eventTypes] as ["*", ...(NoticeKind | EventType)[]]);
export type SubscriptionKind = z.infer<typeof SubscriptionKind>;

/** What a subscription tells unless it says otherwise: what needs a person, and what went wrong. */
export const defaultKinds: readonly SubscriptionKind[] = [
  "approval.needed",
  "approval.escalated",
  "break_glass.opened",
  "run.needs_attention",
  "run.failed",
  "run.undo_incomplete",
  "run.quarantined",
];

/** The name of a secret of the subscription's scope. Its value is used where it belongs and never shown. */
const SecretRef = z.strictObject({ $secret: z.string().min(1).max(128) });

const WebUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .max(2_000)
  .refine(hasNoUser, "must not hold a user or password; make it a secret");

function hasNoUser(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username === "" && password === "";
}

/** True: it may lie in a private network, spoken to by TLS. Only who runs the installation may say so. */
const PrivateAddresses = z.boolean().optional();

/** A request per notice: a CloudEvent (1.0.2, JSON), signed by Standard Webhooks. */
const WebhookDestination = z.strictObject({
  channel: z.literal("webhook"),
  /** A secret where the URL itself is one; it is shown to whoever may read. */
  url: z.union([WebUrl, SecretRef]),
  /** `whsec_…`. After a new value is stored, messages carry signatures of both for a day. */
  secret: SecretRef,
  privateAddresses: PrivateAddresses,
});
/** One message per run, which is updated; needs an app's token with the scope `chat:write`. */
const SlackDestination = z.strictObject({
  channel: z.literal("slack"),
  token: SecretRef,
  /** The conversation's id (`C…`), or its name. */
  conversation: z.string().regex(/^[\w#@.-]{1,80}$/, "must be a conversation's id or name"),
});
/** An incoming webhook of Slack: its URL is the credential, and a message that was posted can't be updated. */
const SlackWebhookDestination = z.strictObject({ channel: z.literal("slack-webhook"), url: SecretRef });
/** One thread per run. The server is a secret (`smtps://user:password@host:465`), so its password goes to it and nowhere else. */
const EmailDestination = z.strictObject({
  channel: z.literal("email"),
  server: SecretRef,
  from: z.email().max(254),
  to: z.array(z.email().max(254)).min(1).max(50),
  privateAddresses: PrivateAddresses,
});
export const Destination = z.discriminatedUnion("channel", [
  WebhookDestination,
  SlackDestination,
  SlackWebhookDestination,
  EmailDestination,
]);
export type Destination = z.infer<typeof Destination>;

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must look like 22:00");

/** Nothing is sent between `from` and `to`, but `breakThrough`; what waited is sent at their end. */
export const QuietHours = z.strictObject({
  from: TimeOfDay,
  to: TimeOfDay,
  timeZone: z.string().max(64).refine(isTimeZone, "must be a time zone such as Europe/Berlin"),
  breakThrough: z.array(SubscriptionKind).max(100).default([]),
});
export type QuietHours = z.infer<typeof QuietHours>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const SubscriptionView = z.object({
  id: Uuid,
  name: z.string(),
  project: z.string().nullable(),
  environment: z.string().nullable(),
  kinds: z.array(z.string()),
  destination: Destination,
  quietHours: QuietHours.nullable(),
  paused: z.object({ since: Timestamp, by: z.string() }).nullable(),
  /** Who made it. */
  actor: z.string(),
  createdAt: Timestamp,
  /** How many deliveries wait, and how many nobody could deliver. */
  pending: z.int(),
  dead: z.int(),
});
export type SubscriptionView = z.infer<typeof SubscriptionView>;

export const DeliveryStatus = z.enum(["pending", "sent", "dead", "failed"]);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;

/** What the destination said, redacted and cut. */
export const DeliveryAnswer = z.object({
  ok: z.boolean(),
  /** Of HTTP or SMTP; null where none came. */
  status: z.int().nullable(),
  detail: z.string(),
  ms: z.int(),
  at: Timestamp,
});
export type DeliveryAnswer = z.infer<typeof DeliveryAnswer>;

export const DeliveryView = z.object({
  /** The message's id for its receiver: the same in every try. */
  id: Uuid,
  subscription: z.string(),
  kind: z.string(),
  run: z.string().nullable(),
  /** What it says, in a sentence. */
  sentence: z.string(),
  /** `dead`: tried often enough; it waits for a replay. `failed`: a test that didn't arrive. */
  status: DeliveryStatus,
  attempts: z.int(),
  dueAt: Timestamp,
  createdAt: Timestamp,
  endedAt: Timestamp.nullable(),
  answer: DeliveryAnswer.nullable(),
});
export type DeliveryView = z.infer<typeof DeliveryView>;

/** What a webhook receives as the `data` of its CloudEvent. */
export const Notice = z.object({
  kind: z.string(),
  /** What happened, where, who asked, what is needed. */
  sentence: z.string(),
  at: z.number(),
  actor: z.string(),
  run: z
    .object({
      id: z.string(),
      goal: z.string(),
      runbook: z.string().nullable(),
      project: z.string(),
      environment: z.string(),
      requester: z.string(),
    })
    .nullable(),
  facts: z.array(z.object({ label: z.string(), value: z.string() })),
  /** What a person can do about it, as a command. */
  action: z.string().nullable(),
  /** The event itself; without its data where that is large. */
  event: z.object({ type: z.string(), seq: z.int(), data: Json.nullable() }).nullable(),
});
export type Notice = z.infer<typeof Notice>;

const params = z.object({ subscription: Name });

export const subscriptions = {
  create: endpoint({
    id: "subscriptions.create",
    method: "POST",
    path: "/subscriptions",
    summary: "Tell a destination of what happens from now on.",
    scope: "admin",
    resource: { kind: "place", in: "body" },
    body: z.object({
      name: Name,
      project: Name.optional(),
      environment: Name.optional(),
      kinds: z
        .array(SubscriptionKind)
        .min(1)
        .max(100)
        .default([...defaultKinds]),
      destination: Destination,
      quietHours: QuietHours.nullable().default(null),
    }),
    answer: SubscriptionView,
    status: 201,
  }),
  list: endpoint({
    id: "subscriptions.list",
    method: "GET",
    path: "/subscriptions",
    summary: "Subscriptions, by name.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(SubscriptionView),
  }),
  get: endpoint({
    id: "subscriptions.get",
    method: "GET",
    path: "/subscriptions/:subscription",
    summary: "One subscription.",
    scope: "read",
    resource: { kind: "subscription", param: "subscription" },
    params,
    answer: SubscriptionView,
  }),
  delete: endpoint({
    id: "subscriptions.delete",
    method: "DELETE",
    path: "/subscriptions/:subscription",
    summary: "Remove a subscription with its deliveries.",
    scope: "admin",
    resource: { kind: "subscription", param: "subscription" },
    params,
    status: 204,
  }),
  pause: endpoint({
    id: "subscriptions.pause",
    method: "POST",
    path: "/subscriptions/:subscription/pause",
    summary: "Send nothing for now; what happens meanwhile is sent after `resume`.",
    scope: "admin",
    resource: { kind: "subscription", param: "subscription" },
    params,
    answer: SubscriptionView,
  }),
  resume: endpoint({
    id: "subscriptions.resume",
    method: "POST",
    path: "/subscriptions/:subscription/resume",
    summary: "Send again, what waited first.",
    scope: "admin",
    resource: { kind: "subscription", param: "subscription" },
    params,
    answer: SubscriptionView,
  }),
  test: endpoint({
    id: "subscriptions.test",
    method: "POST",
    path: "/subscriptions/:subscription/test",
    summary: "Send a harmless message, tried once. Its delivery tells what the destination answered.",
    scope: "admin",
    resource: { kind: "subscription", param: "subscription" },
    params,
    answer: DeliveryView,
    status: 202,
  }),
} as const;

export const deliveries = {
  list: endpoint({
    id: "deliveries.list",
    method: "GET",
    path: "/deliveries",
    summary: "Deliveries, newest first.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PageQuery.extend({
      subscription: Name.optional(),
      status: DeliveryStatus.optional(),
      run: Uuid.optional(),
    }),
    answer: Page(DeliveryView),
  }),
  get: endpoint({
    id: "deliveries.get",
    method: "GET",
    path: "/deliveries/:delivery",
    summary: "One delivery.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: z.object({ delivery: Uuid }),
    answer: DeliveryView,
  }),
  replay: endpoint({
    id: "deliveries.replay",
    method: "POST",
    path: "/deliveries/replay",
    summary: "Send dead letters again, under the same ids. Others than dead ones are left as they are.",
    scope: "admin",
    body: z.object({ deliveries: z.array(Uuid).min(1).max(1_000) }),
    answer: z.object({ replayed: z.array(Uuid) }),
  }),
} as const;
