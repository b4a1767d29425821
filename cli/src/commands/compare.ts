import type { Command } from "commander";
import type { Act } from "../action.ts";
import { renderComparison } from "../render/comparison.ts";
import { findRun } from "../run-reference.ts";
import { example } from "./options.ts";

/** `gantry runs compare`. */
export function compareCommand(runs: Command, act: Act): void {
  const compare = runs
    .command("compare")
    .argument("<a>", "a run's id, or the beginning of it")
    .argument("<b>", "the other run's")
    .description("What differs between two runs: inputs, plan, tools, attempts, outputs, change set and time.");
  example(compare, "gantry runs compare 0198c2f4 0198c300", "gantry runs compare 0198c2f4 0198c300 --json | jq .steps");
  act(compare, async (context, { parameters: [a = "", b = ""] }) => {
    const { terminal } = context;
    const client = context.client();
    const comparison = await client.runs.compare(await findRun(client, a), await findRun(client, b));
    if (context.json) terminal.json(comparison);
    else
      terminal.data(renderComparison(comparison, { paint: terminal.paintData, width: terminal.columns() }).join("\n"));
  });
}
