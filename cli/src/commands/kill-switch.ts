import type { Command } from "commander";
import type { KillSwitchView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { safeLine } from "../render/safe-text.ts";
import { absolute } from "../render/time.ts";

interface Everywhere {
  everywhere?: boolean;
}

/** `gantry kill-switch`: while it is on no new attempt starts, whether workers live or not. */
export function killSwitchCommands(program: Command, act: Act): void {
  const killSwitch = program.command("kill-switch").description("Stop everything from starting, at once.");
  const everywhere = ["--everywhere", "in all organizations of this installation"] as const;

  const on = killSwitch
    .command("on")
    .description("Start no further attempt. Running ones are finished.")
    .requiredOption("-r, --reason <text>", "why; everybody sees it")
    .option(...everywhere);
  act<Everywhere & { reason: string }>(on, async (context, { options }) => {
    show(context, await context.client().killSwitch.set({ reason: options.reason, scope: scopeOf(options) }));
  });

  const off = killSwitch
    .command("off")
    .description("Let work go on.")
    .option(...everywhere);
  act<Everywhere>(off, async (context, { options }) => {
    show(context, await context.client().killSwitch.lift({ scope: scopeOf(options) }));
  });

  act(killSwitch.command("status").description("Whether it is on, who turned it on, and why."), async (context) => {
    show(context, await context.client().killSwitch.get());
  });
}

function scopeOf({ everywhere }: Everywhere): "organization" | "everywhere" {
  return everywhere === true ? "everywhere" : "organization";
}

function show({ terminal, json }: Context, view: KillSwitchView): void {
  if (json) {
    terminal.json(view);
    return;
  }
  if (view.active.length === 0) terminal.data("off");
  for (const { scope, reason, actor, since } of view.active) {
    const where = scope !== "organization" ? "everywhere" : "in this organization";
    const word = terminal.paintData(["red", "bold"], "ON");
    terminal.data(`${word} ${where} since ${absolute(since)} by ${safeLine(actor.name)}: ${safeLine(reason)}`);
  }
}
