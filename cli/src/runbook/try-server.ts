import { ApiError, ConnectionFailedError } from "@gantry/sdk/client";
import type { Client } from "@gantry/sdk/client";
import type { Context } from "../context.ts";
import { KeyMissingError } from "../errors.ts";

/**
 * Asks the server where there is one. Undefined where there is none, or no key for it: what is done with files works
 * without, and says what it can't know then.
 */
export async function tryServer<T>(
  context: Context,
  offline: boolean | undefined,
  ask: (client: Client) => Promise<T>,
): Promise<T | undefined> {
  if (offline) return undefined;
  try {
    return await ask(context.client());
  } catch (error) {
    if (error instanceof KeyMissingError || error instanceof ConnectionFailedError) return undefined;
    // Another server answers there, or an older one.
    if (error instanceof ApiError && error.code === "not_found") return undefined;
    throw error;
  }
}
