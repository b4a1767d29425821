import { ArtifactRef, type Json } from "@gantry/sdk";

/** The artifacts that a value refers to, each once, in the order in which they stand in it. */
export function artifactsOf(value: Json, found = new Map<string, ArtifactRef>()): Map<string, ArtifactRef> {
  if (typeof value !== "object" || value === null) return found;
  const { data: artifact } = ArtifactRef.safeParse(value);
  if (artifact === undefined) for (const part of Object.values(value)) artifactsOf(part, found);
  else if (!found.has(keyOf(artifact))) found.set(keyOf(artifact), artifact);
  return found;
}

/** The same content may have been kept under two names. */
function keyOf({ $artifact, name }: ArtifactRef): string {
  return `${$artifact} ${name}`;
}
