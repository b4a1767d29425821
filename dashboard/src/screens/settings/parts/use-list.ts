import type { Client } from "@gantry/sdk/client";
import { useSuspenseQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../../data/queries.ts";

/** A list of settings, all of it: none of them is long. What is changed on these screens is read anew at once. */
export function useList<Row>(
  name: string | readonly string[],
  read: (client: Client) => Promise<{ items: Row[] }>,
): Row[] {
  const client = useClient();
  const queryKey = [...keys.settings, ...(typeof name === "string" ? [name] : name)];
  return useSuspenseQuery({ queryKey, queryFn: async () => (await read(client)).items }).data;
}
