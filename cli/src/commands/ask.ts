import { Option, type Command } from "commander";
import type { RunDetail } from "@gantry/sdk/api";
import { z } from "zod";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { createLines, createProgress, type Progress } from "../progress.ts";
import { jsonLines, speaking } from "../words-progress.ts";
import { createAnswerWords } from "../render/answer-words.ts";
import { safeLine } from "../render/safe-text.ts";
import { watchRun } from "../watch-run.ts";
import { environmentOption, example, projectOption, timeoutOption } from "./options.ts";

interface AskOptions {
  runbook: string;
  timeout?: number;
}

/** What the assistant's step gives; other agents that answer give the same. */
const Answer = z.object({
  answer: z.string(),
  citations: z.array(z.object({ source: z.number(), tool: z.string(), quote: z.string() })),
});

/** `gantry ask`: a question that a model answers with tools that only read. */
export function askCommand(program: Command, act: Act): void {
  const ask = program
    .command("ask")
    .argument("<question>", "what to find out, in words")
    .description("Ask the assistant: a model answers with tools that only read, and says where each fact is from.")
    .addOption(environmentOption())
    .addOption(projectOption())
    .addOption(new Option("--runbook <name>", "ask another agent, by its runbook").default("assistant.ask"))
    .addOption(timeoutOption());
  example(
    ask,
    'gantry ask "does https://shop.example.com/ answer, and how fast?" -e staging',
    'gantry ask "is the shop up?" -e staging --json',
  );
  act<AskOptions>(ask, answer);
}

async function answer(
  context: Context,
  { parameters: [question = ""], options }: { parameters: readonly string[]; options: AskOptions },
): Promise<ExitName> {
  const { config, terminal, now } = context;
  const environment = config.environment?.value;
  if (environment === undefined)
    throw new UsageError("Which environment? None was given.", 'gantry ask "…" --environment staging');
  const run = await context.client().runs.create({
    runbook: options.runbook,
    parameters: { question },
    environment,
    project: config.project.value,
    goal: question.slice(0, 2_000),
  });
  terminal.say(terminal.paint("dim", `run ${run.id} on ${environment}`));
  let latest: RunDetail | undefined;
  const words = createAnswerWords((text) => terminal.writeData(text));
  const shown = context.json
    ? jsonLines(terminal)
    : terminal.dataIsTerminal
      ? speaking(createLines(terminal, now), words)
      : createProgress(terminal, now);
  const state: Progress["state"] = (seen) => {
    latest = seen;
    shown.state(seen);
  };
  const exit = await watchRun(context, {
    run: run.id,
    wait: false,
    timeoutMs: options.timeout,
    progress: { ...shown, state },
    data: false,
  });
  const said = Answer.safeParse(latest?.steps.find(({ output }) => Answer.safeParse(output).success)?.output);
  if (context.json) {
    if (latest !== undefined) terminal.json({ type: "run", run: latest });
  } else if (said.success) {
    words.finish(said.data.answer);
    for (const { source, tool, quote } of said.data.citations)
      terminal.data(`  [${source}] ${safeLine(tool)}: ${safeLine(quote)}`);
  }
  return exit;
}
