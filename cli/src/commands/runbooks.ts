import type { Command } from "commander";
import type { Deprecation } from "@gantry/sdk";
import type { RunbookView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { findRunbook } from "../find-runbook.ts";
import { expectation, type ParameterSchema } from "../parameters.ts";
import { printList } from "../print-list.ts";
import { renderPairs, type Layout } from "../render/layout.ts";
import { safeLine } from "../render/safe-text.ts";
import { hanging } from "../render/text.ts";

/** `gantry runbooks`: what can be run, and with which parameters. */
export function runbooksCommands(program: Command, act: Act): void {
  const runbooks = program.command("runbooks").description("What can be run.");

  act(runbooks.command("list").description("Runbooks, by name."), async (context) => {
    const client = context.client();
    const { items } = await client.runbooks.list();
    const columns = [
      { title: "RUNBOOK", text: ({ name }: RunbookView) => name },
      { title: "VERSION", text: ({ version }: RunbookView) => version, give: 3 },
      { title: "FROM", text: ({ agent, origin }: RunbookView) => agent ?? origin, give: 2 },
      { title: "TITLE", text: ({ title }: RunbookView) => title, give: 1 },
    ];
    printList(context, items, columns, "No runbooks: no agent that has any is installed.");
  });

  const show = runbooks.command("show").argument("<runbook>").description("One runbook, with its parameters.");
  act(show, async (context, { parameters: [name = ""] }) => {
    const { terminal } = context;
    const runbook = await findRunbook(context.client(), name);
    if (context.json) terminal.json(runbook);
    else terminal.data(renderRunbook(runbook, { paint: terminal.paintData, width: terminal.columns() }).join("\n"));
  });
}

const originWords = { agent: "an agent", file: "a file of the server", published: "your organization" } as const;

export function deprecationText({ since, use, reason }: Deprecation): string {
  const why = reason === undefined ? "" : `: ${reason.replace(/\.$/, "")}`;
  return `since ${since}${why}.${use === undefined ? "" : ` Use ${use} instead.`}`;
}

export function renderRunbook(runbook: RunbookView, layout: Layout): string[] {
  const root = runbook.parameters as ParameterSchema;
  const parameters = Object.entries(root.properties ?? {});
  const required = new Set(root.required);
  const needed = (name: string, schema: ParameterSchema): boolean => required.has(name) && schema.default === undefined;
  const example = parameters.filter(([name, schema]) => needed(name, schema)).map(([name]) => ` -p ${name}=…`);
  return [
    `${layout.paint("bold", safeLine(runbook.name))} ${safeLine(runbook.version)}: ${safeLine(runbook.title)}`,
    ...renderPairs(
      [
        ["agent", runbook.agent ?? ""],
        ["from", runbook.origin === "agent" ? "" : originWords[runbook.origin]],
        ["deprecated", runbook.deprecated === null ? "" : safeLine(deprecationText(runbook.deprecated))],
        ["about", safeLine(runbook.description ?? "")],
        ["says", safeLine(runbook.intents.join("; "))],
        ["such as", safeLine(runbook.examples.join("; "))],
      ],
      layout,
    ),
    "",
    parameters.length === 0 ? "It takes no parameters." : "Parameters:",
    ...parameters.flatMap(([name, schema]) => {
      const notes = [
        expectation(schema, root),
        needed(name, schema) ? "required" : "optional",
        ...(schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`]),
      ];
      const about = schema.description === undefined ? "" : ` ${safeLine(schema.description)}`;
      return hanging(`  ${name}  `, `${safeLine(notes.join(", "))}.${about}`, layout.width);
    }),
    "",
    `Run it:  gantry run ${runbook.name} --environment <name>${example.join("")}`,
  ];
}
