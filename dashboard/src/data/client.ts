import { createClient, type Client } from "@gantry/sdk/client";
import { fetchWithEarly } from "./early.ts";
import { stored } from "./stored.ts";

/** Which of their organizations a person works in, in this browser; null: the server's first. */
export const chosenOrganization = stored("organization");

/** The API's client, by the session of this browser. Reads are repeated by it; what a person does is tried once more at most. */
export function createDashboardClient(): Client {
  const organization = chosenOrganization.get();
  return createClient({
    url: location.origin,
    tries: 2,
    fetch: fetchWithEarly,
    ...(organization === null ? {} : { organization }),
  });
}
