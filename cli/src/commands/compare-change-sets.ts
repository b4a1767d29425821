import type { Command } from "commander";
import type { Act } from "../action.ts";
import { checkHash } from "../change-set-hash.ts";
import { renderChangeSetComparison } from "../render/change-set-comparison.ts";
import { findRun } from "../run-reference.ts";
import { example } from "./options.ts";

/** `gantry approvals compare`: for whoever looked at a change set that no longer holds. */
export function compareChangeSetsCommand(approvals: Command, act: Act): void {
  const compare = approvals
    .command("compare")
    .argument("<run>", "id, or the beginning of it")
    .argument("<from>", "hash of the change set that you looked at")
    .argument("[to]", "hash of another one; the run's newest otherwise")
    .description("What changed since you looked at a run's change set.");
  example(compare, "gantry approvals compare 0198c2f4 sha256:9f2c…");
  act(compare, async (context, { parameters: [reference = "", from = "", to] }) => {
    const { terminal } = context;
    const client = context.client();
    const comparison = await client.runs.compareChangeSets(await findRun(client, reference), {
      from: checkHash(from),
      ...(to === undefined ? {} : { to: checkHash(to) }),
    });
    if (context.json) terminal.json(comparison);
    else {
      const layout = { paint: terminal.paintData, width: terminal.columns() };
      terminal.data(renderChangeSetComparison(comparison, layout).join("\n"));
    }
  });
}
