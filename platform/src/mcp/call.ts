import type { CallToolResult } from "@modelcontextprotocol/client";
import { Json, type JsonObject } from "@gantry/sdk";
import { z } from "zod";
import type { McpServerSetup, McpToolRow } from "../store/agents/mcp.ts";
import { pinOf, shown, shownValue } from "./definition.ts";
import { McpAnswerInvalidError, McpToolChangedError, McpToolFailedError } from "./errors.ts";
import { definitionsOf } from "./look.ts";
import { callWithAnswers, type CallContext } from "./call-with-answers.ts";
import { elicit } from "./elicit.ts";
import { explain, openClient, type ClientDeps, type OpenClient, type Opening } from "./open-client.ts";
import { problemsOfOutput } from "./schema.ts";

/** What a tool of a server gives to the steps behind it. */
export const McpResult = z.object({
  /** All text that it answered with. */
  text: z.string(),
  /** What it gave as data; null: nothing. */
  data: Json,
  /** What is no text, and what was too long, by the name of the artifact. */
  files: z.array(z.looseObject({ $artifact: z.string(), name: z.string() })),
});

/** Characters of a result in the journal; more than that becomes an artifact. */
const maximumText = 64 * 1024;
const maximumParts = 100;
/** Questions of one call. */
const mostAsked = 10;

/**
 * Calls a tool once, after making sure that it is still what was approved.
 * @throws McpToolChangedError, McpToolFailedError, and what connecting throws.
 */
export async function callTool(
  deps: ClientDeps,
  { org, setup, tool, server }: { org: string; setup: McpServerSetup; tool: McpToolRow; server: string },
  input: JsonObject,
  ctx: CallContext,
): Promise<z.input<typeof McpResult>> {
  let asked = 0;
  /** Set once the call is made: before that nobody is asked anything. */
  let hiding: OpenClient["hidden"] | null = null;
  const opening: Opening = {
    org,
    server,
    setup,
    signal: ctx.signal,
    secret: (name) => ctx.secret(name),
    // A server of 2025 waits with its connection open: for as long as the call may take, and a little less, so that it can end well.
    elicit: async (params, signal) => {
      const name = `elicitation-${(asked += 1)}`;
      if (hiding === null || asked > mostAsked) return { action: "cancel" };
      const hold = AbortSignal.any([ctx.signal, signal]);
      const timeoutMs = Math.max(1_000, ctx.deadline - ctx.now() - 10_000);
      return elicit(ctx, { server, tool: tool.name, name, hold, timeoutMs }, hiding().redactValue(params));
    },
  };
  const { client, hidden, close } = await openClient(deps, opening);
  try {
    const now = (await definitionsOf({ client, hidden }, opening)).find(({ name }) => name === tool.name);
    if (now === undefined) throw new McpToolChangedError(server, tool.name, "the server has it no more");
    if (pinOf(setup, now) !== tool.approvedDigest)
      throw new McpToolChangedError(server, tool.name, "it isn't what was approved any more");
    hiding = hidden;
    const result = await callWithAnswers({ client, hidden, server, tool: tool.name, input, ctx }).catch(
      (error: unknown) => {
        throw explain(opening, error, hidden());
      },
    );
    return await readResult(hidden().redactValue(result), { server, tool }, ctx);
  } finally {
    await close();
  }
}

async function readResult(
  { content, structuredContent, isError }: CallToolResult,
  { server, tool }: { server: string; tool: McpToolRow },
  ctx: CallContext,
): Promise<z.input<typeof McpResult>> {
  const parts = content.slice(0, maximumParts);
  const files: z.input<typeof McpResult>["files"] = [];
  const texts: string[] = [];
  for (const [at, part] of parts.entries()) {
    switch (part.type) {
      case "text":
        texts.push(part.text);
        break;
      case "image":
      case "audio":
        files.push(
          await ctx.artifact(`${part.type}-${at + 1}`, Buffer.from(part.data, "base64"), typeOf(part.mimeType)),
        );
        break;
      case "resource": {
        const { resource } = part;
        if ("text" in resource) texts.push(resource.text);
        else
          files.push(
            await ctx.artifact(`resource-${at + 1}`, Buffer.from(resource.blob, "base64"), typeOf(resource.mimeType)),
          );
        break;
      }
      case "resource_link":
        texts.push(`${part.name}: ${part.uri}`);
        break;
      default:
        throw new McpAnswerInvalidError(server, "it holds something that is no content");
    }
  }
  const whole = texts.join("\n");
  if (isError === true) throw new McpToolFailedError(server, tool.name, shown(whole, 2_000));
  const text = shown(whole, maximumText);
  if (text.length > maximumText) files.push(await ctx.artifact("text.txt", whole, "text/plain; charset=utf-8"));
  return { text, data: await dataOf(structuredContent, { server, tool, files }, ctx), files };
}

async function dataOf(
  given: unknown,
  { server, tool, files }: { server: string; tool: McpToolRow; files: z.input<typeof McpResult>["files"] },
  ctx: CallContext,
): Promise<Json> {
  const schema = tool.approved?.outputSchema ?? null;
  if (given === undefined || given === null) {
    if (schema !== null)
      throw new McpAnswerInvalidError(server, `${tool.name} gave no data although it says that it does`);
    return null;
  }
  const problems = schema === null ? [] : problemsOfOutput(schema, given);
  if (problems.length > 0)
    throw new McpAnswerInvalidError(
      server,
      `the data of ${tool.name} isn't as it says: ${shown(problems.slice(0, 5).join("; "), 500)}`,
    );
  const json = JSON.stringify(given);
  if (json.length <= maximumText) return shownValue(JSON.parse(json) as Json);
  files.push(await ctx.artifact("data.json", json, "application/json"));
  return null;
}

/** Nothing that a browser would run. */
function typeOf(given: string | undefined): string {
  return given !== undefined &&
    /^(image\/(png|jpeg|gif|webp)|audio\/[a-z0-9.+-]{1,40}|application\/(json|pdf)|text\/plain)$/.test(given)
    ? given
    : "application/octet-stream";
}
