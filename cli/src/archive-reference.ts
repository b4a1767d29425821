import type { ArchiveEntry } from "@gantry/sdk/api";
import { allItems, type Client } from "@gantry/sdk/client";
import { RunUnknownError } from "./errors.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const searched = 2_000;

/**
 * An archived run from the whole of its id or its beginning.
 *
 * @throws {RunUnknownError} when none, or more than one, of those archived last begins so
 */
export async function findArchived(client: Client, reference: string): Promise<ArchiveEntry> {
  const wanted = reference.trim().toLowerCase();
  if (uuid.test(wanted)) return client.archive.get(wanted);
  const matching: ArchiveEntry[] = [];
  let count = 0;
  for await (const entry of allItems((cursor) => client.archive.list({ limit: 200, cursor }))) {
    if (wanted.length >= 4 && entry.run.startsWith(wanted)) matching.push(entry);
    count += 1;
    if (count >= searched) break;
  }
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return only;
  throw new RunUnknownError(
    reference,
    matching.map(({ run }) => run),
  );
}
