import { SecretReferenceInvalidError } from "./errors.ts";

/** Deeper inputs are refused instead of exhausting the stack. */
const maxDepth = 100;

/**
 * The names of all secrets that a value refers to, each once, in the order met.
 *
 * @throws SecretReferenceInvalidError for an object with `$secret` that isn't exactly a reference.
 */
export function findSecretRefs(value: unknown): string[] {
  const names = new Set<string>();
  walk(value, "input", 0, (name) => names.add(name));
  return [...names];
}

/**
 * Puts secrets in the place of their references; each is asked for once.
 *
 * @returns the value for the tool, and the secrets in it, which the caller registers with the redactor before anything
 *   that the tool says is kept.
 * @throws SecretReferenceInvalidError, and whatever `resolver` throws.
 */
export async function resolveSecretRefs(
  value: unknown,
  resolver: (name: string) => Promise<string>,
): Promise<{ value: unknown; secrets: string[] }> {
  // Most inputs have none, and finding that out needs no paths for messages.
  if (!mayRefer(value, 0)) return { value, secrets: [] };
  const names = findSecretRefs(value);
  const resolved = new Map<string, string>();
  for (const name of names) resolved.set(name, await resolver(name));
  return {
    value: walk(value, "input", 0, (name) => resolved.get(name)),
    secrets: [...new Set(resolved.values())],
  };
}

function mayRefer(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth > maxDepth || Object.hasOwn(value, "$secret")) return true;
  for (const item of Array.isArray(value) ? value : Object.values(value)) if (mayRefer(item, depth + 1)) return true;
  return false;
}

function walk(value: unknown, path: string, depth: number, replace: (name: string) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > maxDepth)
    throw new SecretReferenceInvalidError(path, `the input is nested deeper than ${maxDepth} levels`);
  if (Array.isArray(value)) return value.map((item, index) => walk(item, `${path}[${index}]`, depth + 1, replace));
  if (Object.hasOwn(value, "$secret")) return replace(nameOf(value, path));
  const entries = Object.entries(value).map(([key, item]) => [key, walk(item, `${path}.${key}`, depth + 1, replace)]);
  // fromEntries defines own properties, so a key "__proto__" stays data.
  return Object.fromEntries(entries) as unknown;
}

function nameOf(reference: object, path: string): string {
  const name: unknown = (reference as { $secret: unknown }).$secret;
  if (typeof name !== "string" || name === "") throw new SecretReferenceInvalidError(path, "the name isn't a text");
  if (Object.keys(reference).length > 1) throw new SecretReferenceInvalidError(path, "it has other fields too");
  return name;
}
