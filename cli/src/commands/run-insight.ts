import type { Command } from "commander";
import type { Act } from "../action.ts";
import { renderFailure } from "../render/failure.ts";
import { renderTimeline } from "../render/timeline.ts";
import { findRun } from "../run-reference.ts";
import { example } from "./options.ts";

/** `gantry runs timeline | failure`. */
export function runInsightCommands(runs: Command, act: Act): void {
  const timeline = runs
    .command("timeline")
    .argument("<run>", "id, or the beginning of it")
    .description("When which step was at work or waited, and when nothing happened.")
    .option("--full", "a line for each item of a loop");
  example(timeline, "gantry runs timeline 0198c2f4", "gantry runs timeline 0198c2f4 --full --json | jq .gaps");
  act<{ full?: boolean }>(timeline, async (context, { parameters: [reference = ""], options }) => {
    const { terminal } = context;
    const client = context.client();
    const query = { full: options.full === true ? ("true" as const) : ("false" as const) };
    const found = await client.runs.timeline(await findRun(client, reference), query);
    const layout = { paint: terminal.paintData, width: terminal.columns() };
    if (context.json) terminal.json(found);
    else terminal.data(renderTimeline(found, layout).join("\n"));
  });

  const failure = runs
    .command("failure")
    .argument("<run>", "id, or the beginning of it")
    .description(
      "What went wrong first: line, exit code, command, host, tries, and what differs from the last good run.",
    );
  example(failure, "gantry runs failure 0198c2f4", "gantry runs failure 0198c2f4 --json | jq -r .command");
  act(failure, async (context, { parameters: [reference = ""] }) => {
    const { terminal } = context;
    const client = context.client();
    const id = await findRun(client, reference);
    const { failure: found } = await client.runs.failure(id);
    if (context.json) terminal.json(found);
    else if (found === null) terminal.say(`Nothing failed in run ${id}.`);
    else terminal.data(renderFailure(found, { paint: terminal.paintData, width: terminal.columns() }).join("\n"));
  });
}
