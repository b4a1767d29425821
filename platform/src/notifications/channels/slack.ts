import type { Destination } from "@gantry/sdk/api";
import { sendRequest } from "../../outgoing/index.ts";
import { retryAfterMs } from "../back-off.ts";
import { needsPerson } from "../kinds.ts";
import { plainLine } from "../plain-text.ts";
import type { ChannelDeps, Message, Outcome } from "./channel.ts";
import { outcomeOf } from "./http-outcome.ts";
import { leading, slackMessage } from "./slack-blocks.ts";

/**
 * One message per run by Slack's Web API: posted the first time, updated from then on. An update makes no sound, so what
 * needs somebody is also said in the message's thread, and shown in the channel.
 */
export async function sendSlack(
  deps: ChannelDeps,
  { token, conversation }: Extract<Destination, { channel: "slack" }>,
  message: Message,
): Promise<Outcome> {
  const call = (method: string, body: object): Promise<SlackOutcome> =>
    callSlack(deps, message.secret(token), method, { ...body, unfurl_links: false, unfurl_media: false });
  const { text, blocks } = slackMessage(message);
  const known = await deps.thread.read();
  const updated = known && (await call("chat.update", { channel: known.channel, ts: known.message, text, blocks }));
  // Somebody deleted it, or the app lost it: then a new one stands for the run.
  if (known === null || lostMessage.has(updated?.error ?? "")) {
    const posted = await call("chat.postMessage", { channel: conversation, text, blocks });
    if (posted.ok && posted.ts !== null) {
      await deps.thread.write({ channel: posted.channel ?? conversation, message: posted.ts });
    }
    return posted;
  }
  const now = leading(message.notices);
  if (!updated?.ok || !needsPerson(now.kind)) return updated ?? { ok: false, status: null, detail: "no answer" };
  const reply = { channel: known.channel, thread_ts: known.message, reply_broadcast: true, text };
  return call("chat.postMessage", reply);
}

/** By an incoming webhook nothing can be updated: each message stands for itself. */
export async function sendSlackWebhook(
  { guard, signal, now }: ChannelDeps,
  { url }: Extract<Destination, { channel: "slack-webhook" }>,
  message: Message,
): Promise<Outcome> {
  const answer = await sendRequest(guard, {
    url: message.secret(url),
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify({ ...slackMessage({ ...message, told: [] }), unfurl_links: false, unfurl_media: false }),
    signal,
  });
  const outcome = outcomeOf(answer, now());
  // 400, 403 and 404 of an incoming webhook are verdicts: invalid_payload, action_prohibited, no_service, channel_not_found.
  return { ...outcome, gone: false, final: [400, 403, 404, 410].includes(answer.status) };
}

type SlackOutcome = Outcome & { error: string; ts: string | null; channel: string | null };

const lostMessage = new Set(["message_not_found", "cant_update_message", "edit_window_closed"]);
/** Slack's own trouble, which passes; any other error stays until somebody mends token, app or conversation. */
const passing = new Set([
  "ratelimited",
  "rate_limited",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
]);

async function callSlack(
  { guard, slackUrl, signal, now }: ChannelDeps,
  token: string,
  method: string,
  body: object,
): Promise<SlackOutcome> {
  const answer = await sendRequest(guard, {
    url: `${slackUrl}/${method}`,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(body),
    signal,
  });
  const parsed = parseAnswer(answer.body);
  const nothing = { error: "", ts: null, channel: null };
  // Errors of the API come with status 200 and `ok: false`; what isn't 2xx comes from before it.
  if (answer.status !== 200 || parsed === null) {
    const wait = answer.status === 429 ? (retryAfterMs(answer.headers["retry-after"], now()) ?? 30_000) : null;
    return { ...outcomeOf(answer, now()), ...nothing, ok: false, gone: false, final: false, retryAfterMs: wait };
  }
  if (parsed.ok)
    return { ...nothing, ok: true, status: 200, detail: `${method}: ok`, ts: parsed.ts, channel: parsed.channel };
  const detail = `${method}: ${plainLine(parsed.error, 100)}`;
  return { ...nothing, ok: false, status: 200, detail, error: parsed.error, final: !passing.has(parsed.error) };
}

function parseAnswer(body: string): { ok: boolean; error: string; ts: string | null; channel: string | null } | null {
  try {
    const { ok, error, ts, channel } = JSON.parse(body) as Record<string, unknown>;
    const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
    return { ok: ok === true, error: textOf(error) ?? "unknown_error", ts: textOf(ts), channel: textOf(channel) };
  } catch {
    return null;
  }
}
