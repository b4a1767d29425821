import type { Tool } from "@modelcontextprotocol/client";
import { canonicalJson, digestOf, type Digest, type Json, type JsonObject } from "@gantry/sdk";
import { safeText } from "@gantry/sdk/safe-text";
import type { McpDefinition, McpServerSetup } from "../store/agents/mcp.ts";

/** Characters of one tool's definition: nobody reads more before approving it. */
export const maximumDefinition = 64 * 1024;

/** What of a tool is pinned; all else that a server may say of it is left out, and so reaches nobody. */
export function definitionOf({
  name,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations,
}: Tool): McpDefinition {
  return {
    name,
    title: title ?? null,
    description: description ?? null,
    inputSchema: plain(inputSchema) as JsonObject,
    outputSchema: outputSchema === undefined ? null : (plain(outputSchema) as JsonObject),
    annotations: annotations === undefined ? null : (plain(annotations) as JsonObject),
  };
}

/**
 * What a person approves: the tool's words, schemas and hints, and the server that says them. Another address, or another program, is
 * another server.
 */
export function pinOf(setup: McpServerSetup, definition: McpDefinition): Digest {
  const { transport, url, command, args } = setup;
  return digestOf({ server: { transport, url, command, args }, definition });
}

/** The tool as plans and models name it: letters, digits, `_` and `-`, 64 characters with what models' providers make of the dots. */
export function toolNameOf(server: string, name: string): `mcp.${string}` {
  const room = 64 - `mcp__${server}__`.length;
  const plainName = name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  // What isn't the server's own name any more could be another tool's.
  const own =
    plainName === name && name.length <= room ? name : `${plainName.slice(0, room - 9)}_${digestOf(name).slice(7, 15)}`;
  return `mcp.${server}.${own}`;
}

export const isMcpTool = (name: string): boolean => name.startsWith("mcp.");

/** Text of a server's for people and models: nothing that can't be seen, and no more than fits. */
export function shown(text: string, most: number): string {
  const safe = safeText(text);
  return safe.length <= most ? safe : `${safe.slice(0, most)}…`;
}

/** The same of all texts of a schema, names too. */
export function shownValue(value: Json): Json {
  if (typeof value === "string") return shown(value, 4_000);
  if (Array.isArray(value)) return (value as readonly Json[]).map(shownValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [shown(key, 200), shownValue(one)]));
}

/** What to look at twice before approving a tool. */
export function warningsOf(definition: McpDefinition): string[] {
  const { annotations, ...said } = definition;
  const texts = textsOf(said);
  const hidden = texts.reduce((all, text) => all + text.length - safeText(text).length, 0);
  const marks = texts.reduce((all, text) => all + (safeText(text).match(/\u{FFFD}/gu) ?? []).length, 0);
  return [
    ...(hidden > 0
      ? [`It holds characters that nobody sees (${hidden}). They are left out wherever it is shown.`]
      : []),
    ...(marks > 0 ? [`It holds ${marks} marks that change the order in which text is read.`] : []),
    ...(annotations?.["readOnlyHint"] === true
      ? ["It says of itself that it only reads. Nobody checks that: what it may do is what you approve."]
      : []),
    ...(toolNameOf("s", definition.name).endsWith(`.${definition.name}`)
      ? []
      : ["Its name has characters that plans don't take; it is called otherwise there."]),
  ];
}

const parts = ["title", "description", "inputSchema", "outputSchema", "annotations"] as const;

/** What isn't as it was approved, as text. */
export function changesOf(
  before: McpDefinition,
  after: McpDefinition,
): { part: string; before: string | null; after: string | null }[] {
  const changed = parts
    .filter((part) => canonicalJson(before[part]) !== canonicalJson(after[part]))
    .map((part) => ({ part, before: textOf(before[part]), after: textOf(after[part]) }));
  return changed.length > 0
    ? changed
    : [{ part: "server", before: null, after: "Its address, or its program, is another." }];
}

function textOf(value: string | JsonObject | null): string | null {
  if (value === null) return null;
  return typeof value === "string" ? shown(value, 8_000) : JSON.stringify(shownValue(value), null, 2).slice(0, 16_000);
}

/** As JSON holds it: what a digest covers is what is stored. */
function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function textsOf(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [...(Array.isArray(value) ? [] : [key]), ...textsOf(one)]);
}
