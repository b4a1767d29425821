import type { Command } from "commander";
import type { WorkerView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { showList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { relative } from "../render/time.ts";
import { watchOption } from "./options.ts";

/** `gantry workers`: who works on runs. */
export function workersCommands(program: Command, act: Act): void {
  const workers = program.command("workers").description("Processes that work on runs.");
  const list = workers.command("list", { isDefault: true }).description("Workers of the last day, newest first.");
  act<{ watch?: boolean }>(list.addOption(watchOption()), (context, { options }) =>
    showList(
      context,
      {
        name: "workers",
        load: async (signal) => (await context.client().workers.list(undefined, signal && { signal })).items,
        idOf: ({ id }) => id,
        columns: () => columnsOf(context),
        whenEmpty: "No worker in the last day: nothing runs. Start one:  gantry up --role worker",
        // Their heartbeats are no events.
        everyMs: 2_000,
        markOf: (worker) => ({ ...worker, beatAt: null }),
      },
      options,
    ),
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
