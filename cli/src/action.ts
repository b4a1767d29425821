import type { Command } from "commander";
import type { Flags } from "./config.ts";
import type { Context } from "./context.ts";
import type { ExitName } from "./exit-codes.ts";

export type GlobalFlags = Flags & { json: boolean };

export type Handler<Options> = (
  context: Context,
  given: { parameters: readonly string[]; options: Options },
) => Promise<ExitName | void>;

/** Runs a command's handler with a context made of the flags, and keeps its exit. */
export interface Host {
  run(flags: GlobalFlags, handler: (context: Context) => Promise<ExitName>): Promise<void>;
}

/** Gives a command what it does. */
export type Act = <Options>(command: Command, handler: Handler<Options>) => void;

export function createAct(host: Host): Act {
  return (command, handler) =>
    void command.action(async function (this: Command) {
      const flags: GlobalFlags = this.optsWithGlobals();
      const options = flags as unknown as Parameters<typeof handler>[1]["options"];
      await host.run({ ...flags, json: flags.json === true }, async (context) => {
        return (await handler(context, { parameters: this.args, options })) ?? "ok";
      });
    });
}
