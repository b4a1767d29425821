import type { Command } from "commander";
import type { WorkerView } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { showList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { relative } from "../render/time.ts";
import { safeLine } from "../render/safe-text.ts";
import { example, watchOption } from "./options.ts";

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

  const drain = workers.command("drain").argument("<worker>", "id, or its beginning");
  example(drain, "gantry workers drain 0198c2f4");
  act(
    drain.description("Let it finish the steps that run, hand its runs to others and take nothing more."),
    async (context, { parameters: [id = ""] }) => {
      const client = context.client();
      const worker = await client.workers.drain((await findWorker(client, id)).id);
      show(context, worker, `takes nothing more; ${worker.runs} runs are still in its hands`);
    },
  );

  const resume = workers.command("resume").argument("<worker>", "id, or its beginning");
  example(resume, "gantry workers resume 0198c2f4");
  act(resume.description("Let a drained worker work again."), async (context, { parameters: [id = ""] }) => {
    const client = context.client();
    show(context, await client.workers.resume((await findWorker(client, id)).id), "works");
  });
}

async function findWorker(client: Client, reference: string): Promise<WorkerView> {
  const found = (await client.workers.list()).items.filter(({ id }) => id.startsWith(reference));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const many = only === undefined ? "No worker of the last day has" : `${found.length} workers have`;
  throw new UsageError(`${many} an id that begins with ${JSON.stringify(reference)}.`, "gantry workers list");
}

function show({ terminal, json }: Context, worker: WorkerView, done: string): void {
  if (json) return terminal.json(worker);
  const { state, host, pid } = worker;
  const ended = state === "stopped" || state === "dead";
  terminal.say(`${safeLine(host)} (${pid}) ${ended ? `is ${state}, and takes nothing` : done}.`);
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
    { title: "RUNS", text: ({ runs }) => String(runs), give: 4 },
    { title: "STEPS", text: ({ capacity }) => String(capacity), give: 4 },
    { title: "VERSION", text: ({ version }) => version, give: 5 },
    { title: "BEAT", text: ({ beatAt }) => beatAt, short: ({ beatAt }) => relative(beatAt, now()), give: 3 },
  ];
}

/** A worker that says it is active and no longer beats is lost: its runs go to others. */
function stateOf({ state, alive }: WorkerView): string {
  return !alive && (state === "active" || state === "draining") ? "lost" : state;
}
