import { startReceiver, type Receiver } from "./webhook-receiver.ts";

export interface SlackMessageState {
  channel: string;
  ts: string;
  text: string;
  blocks: SlackBlock[];
  threadTs: string | null;
  edits: number;
}

export interface SlackBlock {
  type: string;
  text?: { text: string };
  fields?: { text: string }[];
  elements?: { text: string }[];
}

export interface SlackServer extends AsyncDisposable {
  /** For `slackUrl`. */
  url: string;
  messages: SlackMessageState[];
  receiver: Receiver;
  /** The next calls are answered with this: an error with status 200, or 429 with Retry-After. */
  answerNext(...answers: ({ error: string } | { retryAfter: number })[]): void;
}

/**
 * Acts by Slack's published protocol: chat.postMessage and chat.update with a bearer token, JSON bodies, `ok: false` with
 * status 200, `invalid_blocks` for what is over the limits of Block Kit, 429 with Retry-After.
 */
export async function startSlack(token: string): Promise<SlackServer> {
  const messages: SlackMessageState[] = [];
  const next: ({ error: string } | { retryAfter: number })[] = [];
  let count = 0;
  const receiver = await startReceiver(({ path, headers, body }, response) => {
    const say = (answer: object, status = 200, extra: Record<string, string> = {}): void =>
      void response.writeHead(status, { "content-type": "application/json", ...extra }).end(JSON.stringify(answer));
    if (!headers["content-type"]?.startsWith("application/json")) return say({ ok: false, error: "invalid_post_type" });
    if (headers["authorization"] !== `Bearer ${token}`) return say({ ok: false, error: "invalid_auth" });
    const planned = next.shift();
    if (planned !== undefined && "retryAfter" in planned) {
      return say({ ok: false, error: "ratelimited" }, 429, { "retry-after": String(planned.retryAfter) });
    }
    if (planned !== undefined) return say({ ok: false, error: planned.error });
    const given = JSON.parse(body) as {
      channel: string;
      ts?: string;
      thread_ts?: string;
      text: string;
      blocks?: SlackBlock[];
    };
    const problem = problemOf(given.blocks ?? []);
    if (problem !== null) return say({ ok: false, error: problem });
    if (path === "/api/chat.postMessage") {
      const ts = `1700000000.${String((count += 1)).padStart(6, "0")}`;
      const { text, blocks = [], thread_ts: threadTs = null } = given;
      messages.push({ channel: "C0123456789", ts, text, blocks, threadTs, edits: 0 });
      return say({ ok: true, channel: "C0123456789", ts });
    }
    if (path === "/api/chat.update") {
      const known = messages.find(({ ts, channel }) => ts === given.ts && channel === given.channel);
      if (known === undefined) return say({ ok: false, error: "message_not_found" });
      Object.assign(known, { text: given.text, blocks: given.blocks ?? [], edits: known.edits + 1 });
      return say({ ok: true, channel: known.channel, ts: known.ts });
    }
    say({ ok: false, error: "unknown_method" });
  });
  return {
    url: `${receiver.url}/api`,
    messages,
    receiver,
    answerNext: (...answers) => void next.push(...answers),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
}

/** docs.slack.dev/reference/block-kit/blocks: 50 blocks, 3,000 characters, 10 fields of 2,000, 10 elements. */
function problemOf(blocks: readonly SlackBlock[]): string | null {
  if (blocks.length > 50) return "invalid_blocks";
  const tooLong = (one: { text: string } | undefined, maximum: number): boolean =>
    one !== undefined && (one.text.length === 0 || one.text.length > maximum);
  const wrong = blocks.some(
    ({ text, fields = [], elements = [] }) =>
      tooLong(text, 3_000) ||
      fields.length > 10 ||
      fields.some((one) => tooLong(one, 2_000)) ||
      elements.length > 10 ||
      elements.some((one) => tooLong(one, 3_000)),
  );
  return wrong ? "invalid_blocks" : null;
}
