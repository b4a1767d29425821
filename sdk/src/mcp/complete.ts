import type { McpDeps } from "./deps.ts";

/** What an argument that somebody types could become. */
export function complete({ client }: Pick<McpDeps, "client">) {
  const newest = async (value: string, query: object) => {
    const { items } = await client.runs.list({ limit: 20, ...(value === "" ? {} : { text: value }), ...query });
    return items.map(({ id }) => id).filter((id) => id.startsWith(value));
  };
  return {
    run: (value: string) => newest(value, {}),
    failedRun: (value: string) => newest(value, { status: "failed,undone,undo_incomplete,needs_attention" }),
    waitingRun: (value: string) => newest(value, { status: "waiting_for_approval" }),
    runbook: async (value: string) => {
      const { items } = await client.runbooks.list();
      return items.map(({ name }) => name).filter((name) => name.startsWith(value));
    },
    agent: async (value: string) => {
      const { items } = await client.agents.list();
      return items.map(({ name }) => name).filter((name) => name.startsWith(value));
    },
    environment: async (value: string) => {
      const { items } = await client.environments.list();
      return [...new Set(items.map(({ name }) => name))].filter((name) => name.startsWith(value));
    },
  };
}
