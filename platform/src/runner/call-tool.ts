import {
  Inspection,
  Preview,
  ToolInputInvalidError,
  ToolLacksOperationError,
  ToolOutputInvalidError,
  Undone,
  Verification,
  type Json,
  type ToolContext,
} from "@gantry/sdk";
import type { z } from "zod";
import type { CatalogTool } from "../catalog/index.ts";
import type { AttemptRequest } from "../engine/ports.ts";
import { resolveSecretRefs } from "../secrets/index.ts";
import { OutputTooLargeError } from "./errors.ts";

/** Larger results belong into artifacts: the journal keeps every output. */
const maximumOutputBytes = 256 * 1024;

export interface ToolCalling {
  tool: ToolContext;
  hide(secrets: readonly string[]): void;
  resolveSecret(name: string): Promise<string>;
}

/** Calls an operation of a tool with its secrets resolved, and checks what goes in and out. */
export async function callTool(
  { tool }: CatalogTool,
  request: Pick<AttemptRequest, "operation" | "input" | "output">,
  calling: ToolCalling,
): Promise<Json> {
  const { spec, name } = tool;
  const { operation } = request;
  const input = await inputFor(tool, request.input, calling);
  const output = request.output === null ? null : spec.output.parse(request.output);
  const give = <T>(schema: z.ZodType<T>, value: unknown) => sized(name, outputOf(name, operation, schema, value));
  switch (operation) {
    case "run":
      return give(spec.output, await spec.run(input, calling.tool));
    case "preview":
      if (spec.preview) return give(Preview, await spec.preview(input, calling.tool));
      break;
    case "inspect":
      if (spec.inspect) return give(Inspection, await spec.inspect(input, calling.tool));
      break;
    case "verify":
      if (spec.verify) return give(Verification, await spec.verify(input, output, calling.tool));
      break;
    case "undo":
      if (spec.undo) return give(Undone, await spec.undo(input, output, calling.tool));
      break;
    default:
      return operation satisfies never;
  }
  throw new ToolLacksOperationError(name, operation);
}

/** `run` alone, for a model: whatever size the result has, it is shown in parts. */
export async function callForModel({ tool }: CatalogTool, input: Json, calling: ToolCalling): Promise<Json> {
  const parsed = await inputFor(tool, input, calling);
  const result = outputOf(tool.name, "run", tool.spec.output, await tool.spec.run(parsed, calling.tool));
  return (result ?? null) as Json;
}

async function inputFor({ spec, name }: CatalogTool["tool"], input: Json, calling: ToolCalling): Promise<unknown> {
  const resolved = await resolveSecretRefs(input, calling.resolveSecret);
  calling.hide(resolved.secrets);
  return parse(spec.input, resolved.value, (problems) => new ToolInputInvalidError(name, problems));
}

function outputOf<T>(name: string, operation: AttemptRequest["operation"], schema: z.ZodType<T>, value: unknown): T {
  return parse(schema, value, (problems) => new ToolOutputInvalidError(name, operation, problems));
}

function parse<T>(schema: z.ZodType<T>, value: unknown, refuse: (problems: string[]) => Error): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuse(problemsOf(parsed.error));
}

export function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.join(".") || "value"}: ${issue.message}`);
}

/** Plain JSON of a result. @throws OutputTooLargeError */
function sized(tool: string, value: unknown): Json {
  const text = JSON.stringify(value ?? null);
  if (text.length > maximumOutputBytes) throw new OutputTooLargeError(tool, text.length, maximumOutputBytes);
  return JSON.parse(text) as Json;
}
