import { setTimeout } from "node:timers/promises";
import {
  SdkError,
  SdkErrorCode,
  type CallToolRequestParams,
  type CallToolResult,
  type Client,
  type InputRequests,
  type InputResponses,
} from "@modelcontextprotocol/client";
import type { Json, JsonObject, ToolContext } from "@gantry/sdk";
import { elicit } from "./elicit.ts";
import { McpAnswerInvalidError } from "./errors.ts";
import type { OpenClient } from "./open-client.ts";

/** What of a tool's context a call uses. */
export type CallContext = Pick<
  ToolContext,
  "signal" | "deadline" | "now" | "secret" | "artifact" | "ask" | "note" | "notes"
>;

interface Call {
  client: Client;
  hidden: OpenClient["hidden"];
  server: string;
  tool: string;
  input: JsonObject;
  ctx: Pick<CallContext, "ask" | "note" | "notes" | "signal" | "deadline" | "now">;
}

/** What the server needs before it can go on, in its own words and with what it wants to be told again. */
interface Needed {
  inputRequests: InputRequests;
  requestState: string | null;
}

/** A call that waits for answers: what is needed, and the answers once they are all there. */
interface Waiting {
  round: number;
  needed: Needed;
  answers: InputResponses | null;
}

const mostRounds = 10;
/** Characters of what the server wants to be told again. */
const mostState = 64 * 1024;
const pauseMs = 1_000;

/**
 * Calls a tool, and asks people what the server needs to know before it can go on (2026-07-28). What it needs is noted, so that the call goes
 * on where it was once they have answered, also days later and on another worker.
 */
export async function callWithAnswers(call: Call): Promise<CallToolResult> {
  const { client, hidden, server, tool, input, ctx } = call;
  let waiting = lastNoted(ctx.notes);
  for (;;) {
    const more = waiting === null ? {} : await answered(call, waiting);
    const timeout = Math.max(1, ctx.deadline - ctx.now());
    const params = { name: tool, arguments: input, ...more } as CallToolRequestParams;
    const found = await client.callTool(params, { signal: ctx.signal, timeout }).catch((error: unknown) => {
      if (error instanceof SdkError && error.code === SdkErrorCode.InputRequiredRoundsExceeded)
        return hidden().redactValue(neededIn(server, error.data));
      throw error;
    });
    if ("content" in found) return found;
    const round: number = (waiting?.round ?? 0) + 1;
    if (round > mostRounds)
      throw new McpAnswerInvalidError(server, `it asked ${mostRounds} times and still isn't done`);
    waiting = { round, needed: found, answers: null };
    await ctx.note({ mcp: waiting } as unknown as Json);
  }
}

/** The answers, in the form in which the call is made again. @throws AnswerAwaitedError */
async function answered(call: Call, { round, needed, answers }: Waiting): Promise<object> {
  const { server, tool, ctx } = call;
  const { inputRequests, requestState } = needed;
  const responses: InputResponses = answers ?? {};
  if (answers === null) {
    for (const [key, { method, params }] of Object.entries(inputRequests)) {
      if (method !== "elicitation/create")
        throw new McpAnswerInvalidError(server, `it asks for ${method}, which it isn't given`);
      responses[key] = await elicit(ctx, { server, tool, name: `round-${round}-${key}` }, params);
    }
    // It only wants to be asked again.
    if (Object.keys(inputRequests).length === 0) await setTimeout(pauseMs, undefined, { signal: ctx.signal });
    await ctx.note({ mcp: { round, needed, answers: responses } } as unknown as Json);
  }
  return {
    ...(Object.keys(responses).length > 0 && { inputResponses: responses }),
    ...(requestState !== null && { requestState }),
  };
}

/** Where a try before this one got to. */
function lastNoted(notes: readonly Json[]): Waiting | null {
  const noted = notes.map((one) => (one as { mcp?: Waiting } | null)?.mcp);
  return noted.findLast((one) => one !== undefined) ?? null;
}

/** @throws McpAnswerInvalidError */
function neededIn(server: string, data: unknown): Needed {
  const { lastResult = {} } = data as { lastResult?: { inputRequests?: InputRequests; requestState?: string } };
  const { inputRequests = {}, requestState = null } = lastResult;
  if ((requestState?.length ?? 0) > mostState || Object.keys(inputRequests).some((key) => key.length > 100))
    throw new McpAnswerInvalidError(server, "it wants more to be told again than anybody would keep");
  if (Object.keys(inputRequests).length > 5) throw new McpAnswerInvalidError(server, "it asks too much at once");
  return { inputRequests, requestState };
}
