import type { RunbookView } from "@gantry/sdk/api";
import { ApiError, type Client } from "@gantry/sdk/client";
import { RunbookUnknownError } from "./errors.ts";

/** @throws {RunbookUnknownError} with the names that there are */
export async function findRunbook(client: Client, name: string): Promise<RunbookView> {
  try {
    return await client.runbooks.get(name);
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.status !== 404) throw cause;
    const { items } = await client.runbooks.list();
    throw new RunbookUnknownError(
      name,
      items.map((one) => one.name),
      { cause },
    );
  }
}
