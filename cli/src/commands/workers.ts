import type { Command } from "commander";
import type { WorkerView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { relative } from "../render/time.ts";

/** `gantry workers`: who works on runs. */
export function workersCommands(program: Command, act: Act): void {
  const workers = program.command("workers").description("Processes that work on runs.");
  act(
    workers.command("list", { isDefault: true }).description("Workers of the last day, newest first."),
    async (context) => {
      const client = context.client();
      const { items } = await client.workers.list();
      printList(
        context,
        items,
        columnsOf(context),
        "No worker in the last day: nothing runs. Start one:  gantry up --role worker",
      );
    },
  );
}

function columnsOf({ terminal, now }: Context): Column<WorkerView>[] {
  return [
    { title: "WORKER", text: ({ id }) => id, short: ({ id }) => id.slice(0, 13) },
    {
      title: "STATE",
      text: stateOf,
      paint: (worker, text) => terminal.paintData(worker.alive ? "green" : "yellow", text),
    },
    { title: "POOL", text: ({ pool }) => pool, give: 2 },
    { title: "HOST", text: ({ host, pid }) => `${host} (${pid})`, give: 1 },
    { title: "STEPS", text: ({ capacity }) => String(capacity), give: 4 },
    { title: "VERSION", text: ({ version }) => version, give: 5 },
    { title: "BEAT", text: ({ beatAt }) => beatAt, short: ({ beatAt }) => relative(beatAt, now()), give: 3 },
  ];
}

/** A worker that says it is active and no longer beats is lost: its runs go to others. */
function stateOf({ state, alive }: WorkerView): string {
  return !alive && (state === "active" || state === "draining") ? "lost" : state;
}
