import { Option, type Command } from "commander";
import path from "node:path";
import type { Act } from "../action.ts";
import { readAgentName, writeAgentPackage, type License } from "../agent-package.ts";
import { example } from "./options.ts";

interface NewOptions {
  directory?: string;
  license: License;
  sdk?: string;
}

/** `gantry agent`: agents of one's own. */
export function agentCommands(program: Command, act: Act): void {
  const agent = program.command("agent").description("Agents of your own.");

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

function nextSteps({ directory, name }: { directory: string; name: string }): string[] {
  return [
    `cd ${quoted(directory)}`,
    "npm install",
    "npm test",
    `GANTRY_AGENTS="@gantry/agent-terraform,@gantry/agent-deployment,@gantry/agent-check,$PWD" gantry up`,
    `gantry runbooks show ${name}.post`,
  ];
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
