import type { z } from "zod";
import {
  BodyInvalidError,
  BodyTooComplexError,
  BodyTooDeepError,
  InvalidRequestError,
  InvalidTextError,
} from "../errors.ts";

const maxDepth = 100;
const maxValues = 100_000;

/**
 * One part of a request, by its schema.
 *
 * @throws InvalidRequestError naming every field that is wrong; InvalidTextError for text that can't be stored.
 */
export function parsePart(schema: z.ZodType | undefined, value: unknown, part: "path" | "query" | ""): unknown {
  if (schema === undefined) return undefined;
  // Schemas recurse; whatever they are given must not exhaust the stack.
  if (part === "") assertShallow(value);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap(flatten);
  const text = issues.find(({ code }) => code === "invalid_text");
  if (text !== undefined) throw new InvalidTextError(text.path);
  const prefix = part === "" ? "" : `${part}.`;
  throw new InvalidRequestError(issues.map(({ path, message }) => ({ path: `${prefix}${path}`, message })));
}

/**
 * Level by level instead of recursing, so that no depth is too much for it.
 * @throws BodyTooDeepError, BodyTooComplexError; BodyInvalidError for a key that would be an object's prototype once it is copied.
 */
export function assertShallow(value: unknown): void {
  let level = [value];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) throw new BodyTooDeepError(maxDepth);
    values += level.length;
    if (values > maxValues) throw new BodyTooComplexError(maxValues);
    level = level.flatMap((one) => {
      if (typeof one !== "object" || one === null) return [];
      if (Object.hasOwn(one, "__proto__")) throw new BodyInvalidError("an object in it has the key __proto__");
      return Object.values(one) as unknown[];
    });
  }
}

interface Issue {
  path: string;
  message: string;
  code: string | null;
}

/** A union says only that nothing fitted; what its closest alternative misses is what the sender wants to know. */
function flatten(issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "invalid_union") {
    const alternatives = issue.errors.map((errors) => errors.flatMap(flatten));
    const closest = alternatives.toSorted((a, b) => a.length - b.length)[0] ?? [];
    if (closest.length > 0) {
      return closest.map((one) => ({ ...one, path: [path, one.path].filter((part) => part !== "").join(".") }));
    }
  }
  const params = issue.code === "custom" ? (issue.params as { code?: string } | undefined) : undefined;
  return [{ path, message: issue.message, code: params?.code ?? null }];
}
