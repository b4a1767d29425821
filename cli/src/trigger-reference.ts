import type { TriggerView } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import { UsageError } from "./errors.ts";

/** A trigger by its name in the project, or by its id. @throws {UsageError} when there is none. */
export async function findTrigger(client: Client, project: string, reference: string): Promise<TriggerView> {
  const { items } = await client.triggers.list();
  const found = items.find(({ id, name, project: of }) => id === reference || (name === reference && of === project));
  if (found !== undefined) return found;
  throw new UsageError(`Project ${project} has no trigger ${JSON.stringify(reference)}.`, "gantry trigger list");
}
