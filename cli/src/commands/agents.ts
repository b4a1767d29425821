import type { Command } from "commander";
import type { AgentView, ModelCostView, ToolActivity } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import { renderMicros } from "../render/amount.ts";
import type { Column } from "../render/table.ts";

interface AgentRow extends Pick<AgentView, "name" | "version" | "mind"> {
  tools: string[];
  /** Of its tools, in the last seven days. */
  calls: number;
  succeeded: number;
  /** Of its calls to models, in the last 30 days. */
  models: ModelCostView | null;
}

/** `gantry agents`: who does the work, how it went, and what its thinking cost. */
export function agentsCommand(program: Command, act: Act): void {
  const agents = program
    .command("agents")
    .description(
      "The installed agents: whether they think, how their tools did in a week, what models cost them in 30 days.",
    );
  act(agents, listAgents);
}

async function listAgents(context: Context): Promise<void> {
  const client = context.client();
  const [{ items }, { tools }, costs] = await Promise.all([
    client.agents.list(),
    client.agents.activity(),
    client.models.costs({ by: "agent" }),
  ]);
  const rows = items.map((agent) => rowOf(agent, tools, costs.items));
  printList(context, rows, columns, "No agent is installed; GANTRY_AGENTS names them.");
}

function rowOf(
  { name, version, mind, tools }: AgentView,
  activity: readonly ToolActivity[],
  costs: readonly ModelCostView[],
): AgentRow {
  const names = tools.map((tool) => tool.name);
  const own = activity.filter(({ tool }) => names.includes(tool));
  return {
    name,
    version,
    mind,
    tools: names,
    calls: own.reduce((sum, { calls }) => sum + calls, 0),
    succeeded: own.reduce((sum, { succeeded }) => sum + succeeded, 0),
    models: costs.find(({ key }) => key === name) ?? null,
  };
}

const columns: Column<AgentRow>[] = [
  { title: "AGENT", text: ({ name }) => name, whole: true },
  { title: "VERSION", text: ({ version }) => version, give: 4 },
  { title: "THINKS TO", text: ({ mind }) => mind?.task ?? "", give: 3 },
  { title: "TOOLS", text: ({ tools }) => String(tools.length), give: 2 },
  { title: "CALLS", text: ({ calls }) => String(calls) },
  {
    title: "SUCCEEDED",
    text: ({ calls, succeeded }) => (calls === 0 ? "" : `${Math.floor((succeeded / calls) * 100)}%`),
    give: 1,
  },
  { title: "MODELS", text: ({ models }) => (models === null ? "" : `${models.calls} calls`), give: 5 },
  { title: "COST", text: ({ models }) => (models === null ? "" : renderMicros(models.micros, models.priceKnown)) },
];
