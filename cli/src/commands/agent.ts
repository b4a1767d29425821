import { Option, type Command } from "commander";
import path from "node:path";
import type { ToolActivity } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { readAgentName, writeAgentPackage, type License } from "../agent-package.ts";
import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { duration, relative } from "../render/time.ts";
import { example } from "./options.ts";

interface NewOptions {
  directory?: string;
  license: License;
  sdk?: string;
}

/** `gantry agent`: the installed ones, and agents of one's own. */
export function agentCommands(program: Command, act: Act): void {
  const agent = program.command("agent").description("Agents: the installed ones, and your own.");

  const list = agent.command("list").description("Tools of the installed agents, and their calls of the last week.");
  act(list, listTools);

  const create = agent
    .command("new")
    .argument("<name>", "of the agent; its tools and runbooks are called <name>.…")
    .description(
      "Write an agent's package to start from, with a tool, a runbook and their tests. stdout is its folder.",
    )
    .option("-d, --directory <path>", "where to; must not exist or be empty (default: gantry-agent-<name>)")
    .addOption(
      new Option("--license <license>", "under which it is published; none keeps it private")
        .choices(["Apache-2.0", "MIT", "none"])
        .default("Apache-2.0"),
    )
    .option(
      "--sdk <version or path>",
      "the SDK that it is developed with, as npm takes it (default: this installation's)",
    );
  example(create, "gantry agent new greeter", "gantry agent new greeter --directory ~/agents/greeter --license MIT");
  act<NewOptions>(create, async ({ terminal, json, now }, { parameters: [given = ""], options }) => {
    const name = readAgentName(given);
    const directory = path.resolve(options.directory ?? `gantry-agent-${name}`);
    const written = await writeAgentPackage({ ...options, name, directory, year: new Date(now()).getUTCFullYear() });
    for (const file of written.files) terminal.say(`wrote ${file}`);
    if (json) terminal.json({ ...written, next: nextSteps(written) });
    else terminal.data(directory);
    if (!json) terminal.say(["", "Next:", ...nextSteps(written).map((step) => `  ${step}`)].join("\n"));
  });
}

interface ToolRow {
  agent: string;
  tool: string;
  effect: string;
  activity: ToolActivity | null;
}

async function listTools(context: Context): Promise<void> {
  const client = context.client();
  const [{ items }, { tools }] = await Promise.all([client.agents.list(), client.agents.activity()]);
  const rows = items.flatMap((agent) =>
    agent.tools.map(({ name, effect }): ToolRow => {
      const activity = tools.find(({ tool }) => tool === name) ?? null;
      return { agent: `${agent.name} ${agent.version}`, tool: name, effect, activity };
    }),
  );
  const time = (ms: number | null | undefined) => (typeof ms === "number" ? duration(ms) : "");
  const columns: Column<ToolRow>[] = [
    { title: "TOOL", text: ({ tool }) => tool, whole: true },
    { title: "EFFECT", text: ({ effect }) => effect },
    { title: "CALLS", text: ({ activity }) => String(activity?.calls ?? 0) },
    { title: "SUCCEEDED", text: ({ activity }) => String(activity?.succeeded ?? 0), give: 1 },
    { title: "MEDIAN", text: ({ activity }) => time(activity?.medianMs), give: 2 },
    { title: "P95", text: ({ activity }) => time(activity?.p95Ms), give: 3 },
    {
      title: "LAST",
      text: ({ activity }) => activity?.lastAt ?? "",
      short: ({ activity }) => (activity ? relative(activity.lastAt, context.now()) : ""),
      give: 4,
    },
    { title: "AGENT", text: ({ agent }) => agent, give: 5 },
  ];
  printList(context, rows, columns, "No agent is installed; GANTRY_AGENTS names them.");
}

function nextSteps({ directory, name }: { directory: string; name: string }): string[] {
  return [
    `cd ${quoted(directory)}`,
    "npm install",
    "npm test",
    `GANTRY_AGENTS="@gantry/agent-terraform,@gantry/agent-deployment,@gantry/agent-check,@gantry/agent-assistant,@gantry/agent-planner,@gantry/agent-reviewer,$PWD" gantry up`,
    `gantry runbooks show ${name}.post`,
  ];
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
