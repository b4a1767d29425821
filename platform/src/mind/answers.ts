import type { Json, JsonObject } from "@gantry/sdk";
import { z } from "zod";
import type { ModelAnswer } from "../models/types.ts";
import { AnswerRefusedError } from "./errors.ts";

/** What an answer means for the turn after it. */
export type Verdict =
  | { kind: "calls" }
  | { kind: "done"; output: Json }
  | { kind: "unusable"; why: "empty" | "truncated" | "invalid"; problems: string[] };

/** @throws AnswerRefusedError */
export function judge(answer: ModelAnswer, schema: JsonObject | null, check?: (output: Json) => string[]): Verdict {
  const { finish, text, toolCalls } = answer;
  if (finish === "refused" || finish === "filtered") throw new AnswerRefusedError(finish, text);
  if (toolCalls.length > 0) return { kind: "calls" };
  if (finish === "length") {
    return { kind: "unusable", why: "truncated", problems: ["it was cut off because it was too long; say less"] };
  }
  if (text.trim() === "" && (answer.output ?? null) === null)
    return { kind: "unusable", why: "empty", problems: ["it was empty"] };
  if (schema === null) return { kind: "done", output: null };
  const output = answer.output ?? jsonIn(text);
  if (output === null)
    return { kind: "unusable", why: "invalid", problems: ["it is no JSON object; answer with nothing but one"] };
  const parsed = z.fromJSONSchema(schema).safeParse(output);
  if (parsed.success) {
    const objections = check?.(parsed.data as Json) ?? [];
    if (objections.length === 0) return { kind: "done", output: parsed.data as Json };
    return { kind: "unusable", why: "invalid", problems: objections };
  }
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "value"}: ${issue.message}`);
  return { kind: "unusable", why: "invalid", problems: problems.slice(0, 20) };
}

/** Models like to put JSON between fences, or a sentence before it. */
function jsonIn(text: string): Json {
  const from = text.indexOf("{");
  const to = text.lastIndexOf("}");
  if (from < 0 || to < from) return null;
  try {
    return JSON.parse(text.slice(from, to + 1)) as Json;
  } catch {
    return null;
  }
}
