import { allItems, type Client } from "@gantry/sdk/client";
import { RunUnknownError } from "./errors.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const searched = 2_000;

/**
 * A run's id from the whole of it or its beginning. `last`: the newest that the caller asked for themselves.
 *
 * @throws {RunUnknownError} when none, or more than one, of the newest runs begins so
 */
export async function findRun(client: Client, reference: string): Promise<string> {
  const wanted = reference.trim().toLowerCase();
  if (uuid.test(wanted)) return wanted;
  if (wanted === "last") {
    const { actor } = await client.me.get();
    const [newest] = (await client.runs.list({ requester: actor.id, limit: 1 })).items;
    if (newest !== undefined) return newest.id;
  }
  if (!/^[0-9a-f][0-9a-f-]{3,35}$/.test(wanted)) throw new RunUnknownError(reference, []);
  const matching: string[] = [];
  let count = 0;
  for await (const { id } of allItems((cursor) => client.runs.list({ limit: 200, cursor }))) {
    if (id.startsWith(wanted)) matching.push(id);
    count += 1;
    if (count >= searched) break;
  }
  const [only] = matching;
  if (only === undefined || matching.length > 1) throw new RunUnknownError(reference, matching);
  return only;
}
