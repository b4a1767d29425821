import type { Client } from "@gantry/sdk/client";
import { queryOptions } from "@tanstack/react-query";
import { keys } from "../../data/queries.ts";

/** What can be run, each in its current version. */
export const runbooksQuery = (client: Client) =>
  queryOptions({ queryKey: [...keys.settings, "runbooks"], queryFn: () => client.runbooks.list() });
