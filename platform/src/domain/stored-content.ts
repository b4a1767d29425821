import type { Json, JsonObject } from "@gantry/sdk";

/** Digests of the artifacts and working directories that a value refers to. */
export function storedContentOf(value: Json, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  const { $artifact, $files } = value as JsonObject;
  for (const digest of [$artifact, $files]) if (typeof digest === "string") found.add(digest);
  for (const part of Object.values(value)) storedContentOf(part, found);
  return found;
}
