import { Option, type Command } from "commander";
import type { ModelCallContent, ModelCallView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import { renderMicros } from "../render/amount.ts";
import { safeLine, safeText } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { findRun } from "../run-reference.ts";
import { example, readWhole } from "./options.ts";

/** `gantry models calls` and `call`: which calls were made, and what was asked in one where that is kept. */
export function modelCallCommands(models: Command, act: Act): void {
  const calls = models
    .command("calls")
    .description("Calls of models, the newest first, and whether what was asked is kept.")
    .option("--run <run>", "of this run only")
    .addOption(new Option("--limit <number>", "so many").argParser(readWhole(1, 200)).default(50));
  example(calls, "gantry models calls", "gantry models calls --run last");
  act<{ run?: string; limit: number }>(calls, async (context, { options: { run, limit } }) => {
    const client = context.client();
    const of = run === undefined ? {} : { run: await findRun(client, run) };
    const { items } = await client.models.calls({ ...of, limit });
    printList(context, items, columns, "No model was asked.");
  });

  const call = models
    .command("call")
    .argument("<call>", "id, as `gantry models calls` shows it")
    .description("What was asked in a call and what the model answered. That you read it is recorded.");
  example(call, "gantry models call 0198c2f4-7a10-7cc3-9f61-5a2b8c1d0e42");
  act(call, async (context, { parameters: [id = ""] }) => {
    const found = await context.client().models.content(id);
    if (context.json) return context.terminal.json(found);
    for (const line of lines(found)) context.terminal.data(line);
  });
}

/** Others' words are indented, so that none of them can be taken for a line of ours. */
function lines({ call, content }: ModelCallContent): string[] {
  const { messages, tools, answer } = content;
  const said = (text: string): string[] => (text === "" ? [] : safeText(text).split("\n")).map((line) => `  ${line}`);
  const called = (list: typeof answer.calls): string[] =>
    list.map(({ name, input }) => `  calls ${safeLine(name)} ${safeLine(JSON.stringify(input))}`);
  return [
    `${safeLine(call.model)} (${safeLine(call.connection)}), ${absolute(call.at)}, kept ${call.stored ?? ""}`,
    ...(tools.length === 0 ? [] : [`tools: ${tools.map(safeLine).join(", ")}`]),
    ...messages.flatMap(({ role, text, calls, results }) => [
      "",
      `${role}:`,
      ...said(text),
      ...called(calls),
      ...results.flatMap(({ name, output, failed }) => [
        `  ${safeLine(name)}${failed ? " failed" : ""}:`,
        ...said(typeof output === "string" ? output : JSON.stringify(output, null, 2)),
      ]),
    ]),
    "",
    answer.finish === null ? "answer, which didn't end:" : `answer (${safeLine(answer.finish)}):`,
    ...said(answer.text),
    ...called(answer.calls),
  ];
}

const columns: Column<ModelCallView>[] = [
  { title: "CALL", text: ({ id }) => id },
  { title: "AT", text: ({ at }) => absolute(at), give: 3 },
  { title: "MODEL", text: ({ model }) => model, give: 1 },
  { title: "AGENT", text: ({ agent }) => agent ?? "", give: 4 },
  { title: "STEP", text: ({ step }) => step ?? "", give: 4 },
  { title: "IN", text: ({ usage }) => usage.input.toLocaleString("en"), give: 5 },
  { title: "OUT", text: ({ usage }) => usage.output.toLocaleString("en"), give: 5 },
  { title: "COST", text: ({ cost }) => renderMicros(cost.micros, cost.known) },
  { title: "STATE", text: ({ state, error }) => error ?? state },
  { title: "KEPT", text: ({ stored }) => stored ?? "no" },
];
