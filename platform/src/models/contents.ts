import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import type { ModelContent } from "@gantry/sdk/api";
import type { Pool } from "pg";
import { hideKeys } from "../lib/hide-keys.ts";
import { hidePersonal } from "../lib/hide-personal.ts";
import { mapTexts } from "../lib/map-texts.ts";
import type { Redactor } from "../lib/redact.ts";
import { modelContentBinding, type OrganizationKeys } from "../secrets/index.ts";
import { insertModelContent, namesOfPeople } from "../store/agents/model-contents.ts";
import { inOrganization } from "../store/organization.ts";
import type { ModelCall, ModelMessage, ToolCall } from "./types.ts";

/** What a model answered, or the part of it that there was when it failed. */
export interface Said {
  text: string;
  toolCalls: readonly ToolCall[];
  /** Null: it didn't end. */
  finish: string | null;
}

/** Keeps what was asked and answered, as far as the organization's policy wants that. @returns what it kept */
export type KeepContent = (
  kept: { id: string; at: number; store: "redacted" | "full"; redactor: Redactor },
  call: ModelCall,
  said: Said,
) => Promise<ModelContent>;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
/** A prompt and its answer, unpacked; what is larger was tampered with. */
const largest = 256 * 1024 * 1024;

export function createKeepContent({ pool, keys }: { pool: Pool; keys: OrganizationKeys }): KeepContent {
  return async ({ id, at, store, redactor }, call, said) => {
    const { organization: org, project, environment, runId: run } = call;
    const whole = mapContent(contentOf(call, said), (text) => hideKeys(redactor.redact(text)));
    const names = store === "full" ? [] : await inOrganization(pool, org, (tx) => namesOfPeople(tx, org));
    const content = store === "full" ? whole : mapContent(whole, hidePersonal(names));
    const packed = await compress(Buffer.from(JSON.stringify(content)));
    const sealed = await keys.seal(modelContentBinding(org, id), packed);
    await inOrganization(pool, org, (tx) =>
      insertModelContent(tx, { org, id, at: new Date(at), project, environment, run, store, sealed }),
    );
    return content;
  };
}

/** @throws CiphertextRejectedError when it was altered or belongs to another call. */
export async function openContent(
  keys: Pick<OrganizationKeys, "open">,
  { org, id }: { org: string; id: string },
  sealed: Buffer,
): Promise<ModelContent> {
  const packed = await keys.open(modelContentBinding(org, id), sealed);
  return JSON.parse((await decompress(packed, { maxOutputLength: largest })).toString("utf8")) as ModelContent;
}

function contentOf({ messages, tools, output, maxOutputTokens, temperature }: ModelCall, said: Said): ModelContent {
  return {
    messages: messages.map(messageOf),
    tools: tools.map(({ name }) => name),
    output: output ?? null,
    maxOutputTokens,
    temperature: temperature ?? null,
    answer: { text: said.text, calls: said.toolCalls.map(callOf), finish: said.finish },
  };
}

function messageOf(message: ModelMessage): ModelContent["messages"][number] {
  const none = { calls: [], results: [] };
  switch (message.role) {
    case "system":
      return { ...none, role: "system", text: message.content };
    case "user":
      return { ...none, role: "user", text: textOf(message.content) };
    case "assistant":
      return { ...none, role: "assistant", text: message.content, calls: (message.toolCalls ?? []).map(callOf) };
    case "tool": {
      const results = message.results.map(({ id, name, output, failed = false }) => ({ id, name, output, failed }));
      return { ...none, role: "tool", text: "", results };
    }
    default:
      return message satisfies never;
  }
}

/** Nothing looks into a picture for what must not be kept, so only that there was one is. */
function textOf(content: Extract<ModelMessage, { role: "user" }>["content"]): string {
  if (typeof content === "string") return content;
  return content
    .map((part) => (part.type === "text" ? part.text : `[${part.mediaType}, ${part.data.length} characters of base64]`))
    .join("\n");
}

/** Without what only the provider can read. */
const callOf = ({ id, name, input }: ToolCall): ModelContent["answer"]["calls"][number] => ({ id, name, input });

/** Every text that somebody wrote. */
function mapContent({ messages, answer, ...rest }: ModelContent, map: (text: string) => string): ModelContent {
  const mapCall = ({ id, name, input }: ModelContent["answer"]["calls"][number]) => {
    return { id, name: map(name), input: mapTexts(input, map) };
  };
  return {
    ...rest,
    messages: messages.map(({ role, text, calls, results }) => ({
      role,
      text: map(text),
      calls: calls.map(mapCall),
      results: results.map((one) => ({ ...one, output: mapTexts(one.output, map) })),
    })),
    answer: { ...answer, text: map(answer.text), calls: answer.calls.map(mapCall) },
  };
}
