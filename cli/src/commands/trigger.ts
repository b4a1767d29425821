import { Option, type Command } from "commander";
import type { Json } from "@gantry/sdk";
import type { TriggerView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { describeSource, occurrenceColumns, renderTrigger } from "../render/trigger.ts";
import { findTrigger } from "../trigger-reference.ts";
import { collect, example, projectOption, reasonOption, readWhole } from "./options.ts";
import { addCommand, mappingOf } from "./trigger-add.ts";

/** `gantry trigger`: what starts runs by itself. */
export function triggerCommands(program: Command, act: Act): void {
  const trigger = program.command("trigger").description("What starts runs by itself: schedules, webhooks, git, runs.");
  addCommand(trigger, act);

  const list = trigger.command("list").description("Triggers, by project and name.");
  act(list, async (context) => {
    const { items } = await context.client().triggers.list();
    printList(context, items, columns, "No triggers. Create one:  gantry trigger add --help");
  });

  act(one(trigger, "show", "One trigger: when it fires, what it runs, for whom."), async (context, given) => {
    const { terminal, json } = context;
    const found = await named(context, given.parameters);
    if (json) terminal.json(found);
    else {
      const layout = { paint: terminal.paintData, width: terminal.columns() };
      terminal.data(renderTrigger(found, context.config.url.value, layout).join("\n"));
    }
  });

  const history = one(trigger, "history", "Every time it fired, or why it did not, newest first.").option(
    "-n, --limit <number>",
    "how many",
    readWhole(1, 200),
    50,
  );
  act<{ limit: number }>(history, async (context, { parameters, options }) => {
    const { id } = await named(context, parameters);
    const { items } = await context.client().triggers.history(id, { limit: options.limit });
    printList(context, items, occurrenceColumns, "Nothing has happened yet.");
  });

  editCommand(trigger, act);

  const pause = one(trigger, "pause", "Let it note what happens, but start nothing.").addOption(reasonOption());
  example(pause, 'gantry trigger pause nightly --reason "Moving the database"');
  act<{ reason?: string }>(pause, async (context, { parameters, options }) => {
    const { id } = await named(context, parameters);
    say(context, await context.client().triggers.pause(id, options.reason ?? null), "is paused");
  });

  act(one(trigger, "resume", "Let it fire again, from now on."), async (context, { parameters }) => {
    const { id } = await named(context, parameters);
    say(context, await context.client().triggers.resume(id), "fires again");
  });

  const fire = one(trigger, "fire", "Fire it once by hand, paused or not; the run is yours.").option(
    "--payload <json>",
    "what its condition and mapping look at",
  );
  example(fire, "gantry trigger fire nightly", `gantry trigger fire pushes --payload '{"ref":"refs/heads/main"}'`);
  act<{ payload?: string }>(fire, async (context, { parameters, options }) => {
    const { id, name } = await named(context, parameters);
    const occurrence = await context.client().triggers.fire(id, readPayload(options.payload));
    const { outcome, reason, run } = occurrence;
    if (context.json) context.terminal.json(occurrence);
    else if (run !== null) context.terminal.data(run);
    else
      context.terminal.say(`${name} did not fire: ${outcome.replaceAll("_", " ")}. ${safeLine(reason ?? "")}`.trim());
    return run === null ? "failed" : "ok";
  });

  act(one(trigger, "remove", "Remove it; its runs stay."), async (context, { parameters }) => {
    const { id, name } = await named(context, parameters);
    await context.client().triggers.remove(id);
    if (context.json) context.terminal.json({ removed: id });
    else context.terminal.say(`Removed ${name}.`);
  });
}

interface EditOptions {
  when?: string;
  always?: boolean;
  map?: string[];
  unmap?: string[];
}

function editCommand(trigger: Command, act: Act): void {
  const edit = one(trigger, "edit", "Change when it fires and what it takes from what came. It acts for you then.")
    .option("--when <CEL>", "fire only where this is true")
    .addOption(new Option("--always", "fire whatever came").conflicts("when"))
    .option("--map <name=CEL>", "one parameter from what came; may be repeated", collect)
    .option("--unmap <name>", "take this parameter from nothing that came; may be repeated", collect);
  example(
    edit,
    `gantry trigger edit pushes --when "payload.ref == 'refs/heads/main'"`,
    "gantry trigger edit pushes --always --map commit=payload.after --unmap branch",
  );
  act<EditOptions>(edit, async (context, { parameters, options }) => {
    const { when, always = false, map = [], unmap = [] } = options;
    if (when === undefined && !always && map.length + unmap.length === 0)
      throw new UsageError("Nothing to change was given.", "gantry trigger edit --help");
    const found = await named(context, parameters);
    const mapping = Object.entries({ ...found.mapping, ...mappingOf(map) }).filter(([name]) => !unmap.includes(name));
    const body = { mapping: Object.fromEntries(mapping), when: always ? null : (when ?? found.when) };
    say(context, await context.client().triggers.edit(found.id, body), "is changed; it acts for you");
  });
}

function one(trigger: Command, name: string, description: string): Command {
  return trigger.command(name).argument("<trigger>", "name or id").description(description).addOption(projectOption());
}

function named(context: Context, [reference = ""]: readonly string[]): Promise<TriggerView> {
  return findTrigger(context.client(), context.config.project.value, reference);
}

function say({ terminal, json }: Context, trigger: TriggerView, what: string): void {
  if (json) terminal.json(trigger);
  else terminal.say(`${trigger.name} ${what}.`);
}

function readPayload(text: string | undefined): Json {
  if (text === undefined) return null;
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new UsageError("The payload isn't JSON.", `gantry trigger fire … --payload '{"ref":"main"}'`, { cause });
  }
}

const columns: Column<TriggerView>[] = [
  { title: "TRIGGER", text: ({ name }) => name },
  { title: "FIRES", text: ({ source }) => describeSource(source), give: 3 },
  { title: "RUNS", text: ({ runbook, environment }) => `${runbook} on ${environment}`, give: 2 },
  { title: "STATE", text: ({ paused }) => (paused === null ? "active" : "paused") },
  {
    title: "LATEST",
    text: ({ latest }) =>
      latest === null ? "never" : `${latest.outcome.replaceAll("_", " ")} ${absolute(latest.lastAt)}`,
    give: 4,
  },
];
