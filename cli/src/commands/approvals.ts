import type { Command } from "commander";
import type { OpenApproval } from "@gantry/sdk/api";
import { allItems } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import type { ExitName } from "../exit-codes.ts";
import { showList } from "../print-list.ts";
import { shortIds } from "../render/short-id.ts";
import type { Column } from "../render/table.ts";
import { relative } from "../render/time.ts";
import { paintRisk, renderApprovals, renderCounts } from "../render/words.ts";
import { compareChangeSetsCommand } from "./compare-change-sets.ts";
import { example, watchOption } from "./options.ts";

interface ApprovalsOptions {
  mine?: boolean;
  watch?: boolean;
}

/** `gantry approvals`: what waits for people. */
export function approvalsCommands(program: Command, act: Act): void {
  const approvals = program.command("approvals").description("Change sets that wait for approval.");
  const list = approvals
    .command("list", { isDefault: true })
    .description("Change sets that wait for approval, oldest first.")
    .option("--mine", "only those that you could approve now")
    .addOption(watchOption());
  example(list, "gantry approvals list --mine", "gantry approvals list --watch");
  act<ApprovalsOptions>(list, listApprovals);
  compareChangeSetsCommand(approvals, act);
}

function listApprovals(context: Context, { options }: { options: ApprovalsOptions }): Promise<ExitName> {
  const load = async (signal?: AbortSignal): Promise<OpenApproval[]> => {
    const found: OpenApproval[] = [];
    const page = (cursor: string | undefined) =>
      context.client().approvals.list({ limit: 200, cursor }, signal && { signal });
    for await (const one of allItems(page)) if (options.mine !== true || one.mine) found.push(one);
    return found;
  };
  const list = {
    name: "approvals",
    load,
    idOf: ({ hash }: OpenApproval) => hash,
    columns: (items: readonly OpenApproval[]) => columnsOf(context, items),
    whenEmpty: "Nothing waits for approval.",
  };
  return showList(context, list, options);
}

function columnsOf({ terminal, now }: Context, items: readonly OpenApproval[]): Column<OpenApproval>[] {
  const short = shortIds(items.map(({ run }) => run));
  return [
    { title: "RUN", text: ({ run }) => run, short: ({ run }) => short(run) },
    { title: "ENVIRONMENT", text: ({ environment }) => environment, give: 1 },
    { title: "CHANGE", text: ({ changeSet }) => renderCounts(changeSet.counts) },
    {
      title: "RISK",
      text: ({ changeSet }) => changeSet.risk.level,
      paint: ({ changeSet }, text) =>
        paintRisk(terminal.paintData, changeSet.risk.level).replace(changeSet.risk.level, text),
    },
    { title: "NEEDS", text: ({ needed }) => renderApprovals(needed), give: 3 },
    { title: "REQUESTER", text: ({ requester }) => requester.name, give: 4 },
    {
      title: "EXPIRES",
      text: ({ expiresAt }) => expiresAt ?? "",
      short: ({ expiresAt }) => (expiresAt === null ? "" : relative(expiresAt, now())),
      give: 2,
    },
    { title: "GOAL", text: ({ goal }) => goal, give: 5 },
  ];
}
