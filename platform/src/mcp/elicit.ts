import type { ElicitResult, InputRequest } from "@modelcontextprotocol/client";
import { digestOf, QuestionExpiredError, type Json, type JsonObject, type ToolContext } from "@gantry/sdk";
import { shown } from "./definition.ts";
import { McpAnswerInvalidError } from "./errors.ts";

export interface Asking {
  server: string;
  tool: string;
  /** Which of the call's questions it is. */
  name: string;
  /** Set where the server waits with its connection open. */
  hold?: AbortSignal;
  timeoutMs?: number;
}

/**
 * Puts what a server asks in the middle of a call to the people of the run. They may decline; that nobody answered in time cancels it.
 * @throws AnswerAwaitedError while nobody has answered, McpAnswerInvalidError for what can't be put to anybody
 */
export async function elicit(
  ctx: Pick<ToolContext, "ask">,
  { server, tool, name, hold, timeoutMs }: Asking,
  params: InputRequest["params"],
): Promise<ElicitResult> {
  const { message, requestedSchema, mode } = params as { message?: unknown; requestedSchema?: unknown; mode?: unknown };
  if (typeof message !== "string" || (mode !== undefined && mode !== "form"))
    throw new McpAnswerInvalidError(server, "it asks people for something else than what a form can hold");
  const schema = formOf(server, requestedSchema as JsonObject);
  const said = shown(message, 1_500).trim();
  const question = `The MCP server ${server} asks this while ${shown(tool, 100)} runs, and is sent the answer. Its own words: ${said}`;
  // Another question is never given the answer to this one.
  const asked = { question, schema, name: `${name}-${digestOf({ message, schema }).slice(7, 19)}` };
  try {
    const answer = await ctx.ask({ ...asked, ...(hold && { hold }), ...(timeoutMs !== undefined && { timeoutMs }) });
    if (answer === null) return { action: "decline" };
    return { action: "accept", content: withDefaults(schema, answer as JsonObject) as ElicitResult["content"] };
  } catch (error) {
    if (error instanceof QuestionExpiredError) return { action: "cancel" };
    throw error;
  }
}

const most = { fields: 30, choices: 100, characters: 16_000 };

/** The form as the protocol allows it, and nothing else of what was given; null instead of an answer declines it. */
function formOf(server: string, given: JsonObject | undefined): JsonObject {
  const fields = Object.entries((given?.["properties"] ?? {}) as Record<string, JsonObject>);
  const properties = Object.fromEntries(fields.map(([name, field]) => [visible(server, name), fieldOf(server, field)]));
  const required = ((given?.["required"] ?? []) as string[]).filter((name) => Object.hasOwn(properties, name));
  const form = { type: ["object", "null"], properties, required, additionalProperties: false };
  if (fields.length > most.fields || JSON.stringify(form).length > most.characters)
    throw new McpAnswerInvalidError(server, "it asks people to fill in more than anybody would read");
  return form;
}

const formats: readonly unknown[] = ["email", "uri", "date", "date-time"];

function fieldOf(server: string, given: JsonObject): JsonObject {
  const { type, title, description, format, items } = given;
  const said = {
    ...(typeof title === "string" && { title: shown(title, 200) }),
    ...(typeof description === "string" && { description: shown(description, 500) }),
    ...(given["default"] !== undefined && { default: given["default"] }),
  };
  switch (type) {
    case "string": {
      const kind = formats.includes(format) ? { format: format as string } : {};
      return { ...said, type, ...numbers(given, "minLength", "maxLength"), ...kind, ...choicesOf(server, given) };
    }
    case "number":
    case "integer":
      return { ...said, type, ...numbers(given, "minimum", "maximum") };
    case "boolean":
      return { ...said, type };
    case "array": {
      const of = { type: "string", ...choicesOf(server, (items ?? {}) as JsonObject) };
      return { ...said, type, items: of, ...numbers(given, "minItems", "maxItems") };
    }
    default:
      throw new McpAnswerInvalidError(server, "it asks people for a field of a kind that the protocol doesn't have");
  }
}

function numbers(given: JsonObject, ...names: string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (typeof given[name] === "number" ? [[name, given[name]]] : [])));
}

/** What can be chosen, with the words for it where there are some. */
function choicesOf(server: string, given: JsonObject): JsonObject {
  const titled = (given["oneOf"] ?? given["anyOf"]) as { const: string; title?: string }[] | undefined;
  const values = given["enum"] as string[] | undefined;
  const names = given["enumNames"] as string[] | undefined;
  const choices = titled ?? (names && values?.map((value, index) => ({ const: value, title: names[index] ?? value })));
  if (choices === undefined)
    return values === undefined ? {} : { enum: values.slice(0, most.choices).map((one) => visible(server, one)) };
  return {
    oneOf: choices.slice(0, most.choices).map(({ const: value, title }) => ({
      const: visible(server, value),
      title: shown(title ?? value, 200),
    })),
  };
}

/** Control characters, marks of format, lone surrogates, separators of lines. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/u;

/** What goes back to the server as it is, so people must see it as it is. */
function visible(server: string, text: string): string {
  if (typeof text === "string" && text !== "__proto__" && text.length <= 200 && !unseen.test(text)) return text;
  throw new McpAnswerInvalidError(server, "it asks people for something whose name they can't see");
}

function withDefaults(schema: JsonObject, answer: JsonObject): JsonObject {
  const fields = Object.entries(schema["properties"] as Record<string, { default?: Json }>);
  const missing = fields.filter(([name, field]) => answer[name] === undefined && field.default !== undefined);
  return { ...answer, ...Object.fromEntries(missing.map(([name, field]) => [name, field.default as Json])) };
}
