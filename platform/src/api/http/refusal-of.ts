import type { Endpoint } from "@gantry/sdk/api";
import { requireScope } from "../access/caller.ts";
import { ForbiddenError, ScopeMissingError } from "../errors.ts";
import type { Call } from "./route.ts";

/** Why whoever calls may not call another endpoint, about the organization as a whole; null: they may. */
export async function refusalOf(
  { caller, demand }: Pick<Call<Endpoint>, "caller" | "demand">,
  { id, scope }: Endpoint,
): Promise<ForbiddenError | ScopeMissingError | null> {
  try {
    if (scope !== "public") requireScope(caller, scope);
    await demand(id);
    return null;
  } catch (error) {
    if (error instanceof ScopeMissingError || error instanceof ForbiddenError) return error;
    throw error;
  }
}
