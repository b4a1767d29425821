import type {
  CallToolResult,
  InputRequiredResult,
  McpServer,
  ServerContext,
  StandardSchemaWithJSON,
  ToolAnnotations,
} from "@modelcontextprotocol/server";
import { isInputRequiredResult } from "@modelcontextprotocol/server";
import type { z } from "zod";
import { ApiError, ConnectionFailedError, UnexpectedAnswerError } from "../../client/errors.ts";
import type { Effect } from "../../plan.ts";
import { safeText } from "../../safe-text.ts";
import { safeValue } from "../safe-value.ts";

interface ToolSpec<Input extends z.ZodObject, Output extends z.ZodObject> {
  name: `${string}_${string}`;
  title: string;
  description: string;
  /** The most that follows from a call; hints for clients are made of it. */
  effect: Effect;
  /** The same call again does nothing further. */
  idempotent?: boolean;
  input: Input;
  /** What isn't in it doesn't go out. */
  output: Output;
  run(input: z.output<Input>, context: ServerContext): Promise<z.input<Output> | InputRequiredResult>;
}

/** A tool with structured output; what the API refuses becomes a result that says so. */
export function tool<Input extends z.ZodObject, Output extends z.ZodObject>(
  server: McpServer,
  { name, title, description, effect, idempotent, input, output, run }: ToolSpec<Input, Output>,
): void {
  const annotations = annotationsOf(effect, idempotent ?? effect === "reads");
  const call = async (given: unknown, context: ServerContext): Promise<CallToolResult | InputRequiredResult> => {
    try {
      const answer = await run(given as z.output<Input>, context);
      if (isInputRequiredResult(answer)) return answer;
      const structuredContent = safeValue(output.parse(answer));
      return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
    } catch (error) {
      return failed(error);
    }
  };
  const config = {
    title,
    description,
    inputSchema: describedOnce(input),
    outputSchema: describedOnce(output),
    annotations,
  };
  server.registerTool(name, config, call as never);
}

const described = new WeakMap<z.ZodObject, StandardSchemaWithJSON>();

/** The same schema, with JSON Schemas that are made once in a process: a server is made for every request, and they don't differ. */
function describedOnce(schema: z.ZodObject): StandardSchemaWithJSON {
  const found = described.get(schema);
  if (found !== undefined) return found;
  const { jsonSchema, ...standard } = schema["~standard"] as StandardSchemaWithJSON["~standard"];
  const once = (make: typeof jsonSchema.input): typeof jsonSchema.input => {
    let made: Record<string, unknown> | undefined;
    return (options) => (made ??= make(options));
  };
  const same = {
    "~standard": { ...standard, jsonSchema: { input: once(jsonSchema.input), output: once(jsonSchema.output) } },
  };
  described.set(schema, same);
  return same;
}

/** Only these say what went wrong in words for whoever called. */
function failed(error: unknown): CallToolResult {
  const known =
    error instanceof ApiError || error instanceof ConnectionFailedError || error instanceof UnexpectedAnswerError;
  if (!known) throw error;
  const problems = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  const text = [`${error.code}: ${error.message}`, ...problems.map(({ path, message }) => `${path}: ${message}`)];
  return { isError: true, content: [{ type: "text", text: safeText(text.join("\n")) }] };
}

function annotationsOf(effect: Effect, idempotentHint: boolean): ToolAnnotations {
  return {
    readOnlyHint: effect === "reads",
    destructiveHint: effect === "destroys",
    idempotentHint,
    // Runs reach whatever their tools reach; everything else is of this installation.
    openWorldHint: effect === "changes" || effect === "destroys",
  };
}
