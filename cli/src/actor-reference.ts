import type { Client } from "@gantry/sdk/client";
import { UsageError } from "./errors.ts";

/**
 * An actor's id from its id or name.
 *
 * @throws {UsageError} when none, or more than one, is called so
 */
export async function findActor(client: Client, reference: string): Promise<string> {
  const { items } = await client.actors.list();
  const matching = items.filter(({ id, name }) => id === reference || name === reference).map(({ id }) => id);
  const [only] = matching;
  if (only === undefined || matching.length > 1) {
    const found = only === undefined ? "No actor is" : `${matching.length} actors are`;
    throw new UsageError(`${found} called ${JSON.stringify(reference)}.`, "gantry actor list");
  }
  return only;
}
