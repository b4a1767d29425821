import type { Client } from "@gantry/sdk/client";
import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { keys } from "../../data/queries.ts";

/** How many lines of each kind of what needs somebody. */
const most = 6;

/** Their addresses stand in public/early.js, too, which asks before this is there. */
export const stopsQuery = (client: Client) =>
  queryOptions({ queryKey: [...keys.overview, "stops"], queryFn: () => client.killSwitch.get() });

export const neededQuery = (client: Client) =>
  queryOptions({
    queryKey: [...keys.overview, "needed"],
    queryFn: async () => {
      const [approvals, unclear, failed, questions] = await Promise.all([
        client.approvals.list({ limit: 50 }),
        client.queue.list({ on: "person", limit: most }),
        client.runs.list({ status: "failed", limit: most }),
        client.questions.list(),
      ]);
      return {
        approvals: approvals.items.filter(({ mine }) => mine).slice(0, most),
        questions: questions.items.filter(({ mine }) => mine).slice(0, most),
        // Only a question has an end.
        unclear: unclear.items.filter(({ waiting }) => waiting?.until === null),
        failed: failed.items,
      };
    },
  });

export const runningQuery = (client: Client) =>
  queryOptions({
    queryKey: [...keys.queue, "running"],
    queryFn: () => client.queue.list({ group: "running", limit: 8 }),
  });

export const newestQuery = (client: Client) =>
  queryOptions({ queryKey: [...keys.runs, "newest"], queryFn: () => client.runs.list({ limit: 10 }) });

export const healthQuery = (client: Client) =>
  queryOptions({ queryKey: [...keys.overview, "health"], queryFn: () => client.overview.get({ days: 1 }) });

/** Asks for all that the start page shows, before it is drawn. What is refused is told by who shows it, and asks again. */
export function askForHome({ queries, client }: { queries: QueryClient; client: Client }): void {
  const asked = [
    queries.query(newestQuery(client)),
    queries.query(stopsQuery(client)),
    queries.query(neededQuery(client)),
    queries.query(runningQuery(client)),
    queries.query(healthQuery(client)),
  ];
  for (const one of asked) one.catch(() => undefined);
}
