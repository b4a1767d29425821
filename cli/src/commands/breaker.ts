import type { Command } from "commander";
import type { BreakerView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example } from "./options.ts";
import { placed, placeWord, readPlace, type PlaceOptions } from "./place.ts";

/** `gantry breaker`: connections that keep failing are left alone for a while. */
export function breakerCommands(program: Command, act: Act): void {
  const breaker = program.command("breaker").description("Circuit breakers of connections.");

  act(
    breaker.command("list").description("Connections that have failed, the ones left alone first."),
    async (context) => {
      const { items } = await context.client().breakers.list();
      printList(context, items, columns, "No connection has failed.");
    },
  );

  const reset = placed(breaker.command("reset").argument("<connection>")).description(
    "Use a connection again at once, in all places unless one is told.",
  );
  example(reset, "gantry breaker reset hub", "gantry breaker reset hub --project shop -e prod");
  act<PlaceOptions>(reset, async (context, { parameters: [name = ""], options }) => {
    const client = context.client();
    const place = readPlace(options, "breaker reset");
    const { items } = await client.breakers.list();
    const matching = items.filter(
      ({ connection, project, environment }) =>
        connection === name &&
        (place.project === undefined || project === place.project) &&
        (place.environment === undefined || environment === place.environment),
    );
    if (matching.length === 0)
      throw new UsageError(`No connection ${JSON.stringify(name)} has failed there.`, "gantry breaker list");
    const after = await Promise.all(matching.map(({ id }) => client.breakers.reset(id)));
    if (context.json) context.terminal.json(after);
    else for (const one of after) context.terminal.say(`${one.connection} of ${placeWord(one)} is ${one.state}.`);
  });
}

const columns: Column<BreakerView>[] = [
  { title: "CONNECTION", text: ({ connection }) => connection },
  { title: "OF", text: placeWord, give: 3 },
  { title: "STATE", text: ({ state }) => state.replace("_", "-") },
  { title: "FAILURES", text: ({ failures }) => String(failures), give: 4 },
  { title: "TRIED AGAIN", text: ({ retryAt }) => (retryAt === null ? "" : absolute(retryAt)), give: 2 },
  { title: "WAITING", text: ({ waiting }) => String(waiting), give: 5 },
  { title: "REASON", text: ({ reason }) => reason ?? "", give: 1 },
];
