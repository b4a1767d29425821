import { resolve } from "node:path";
import type { Command } from "commander";
import type { RestoreView } from "@gantry/sdk/api";
import { z } from "zod";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { ServerNotStartedError } from "../errors.ts";
import { ask } from "../prompt.ts";
import { renderPairs } from "../render/layout.ts";
import { safeLine } from "../render/safe-text.ts";
import { renderTable, type Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { runTask, withKey, type KeyOptions } from "./backup.ts";
import { example } from "./options.ts";

interface RestoreOptions extends KeyOptions {
  replace?: boolean;
  confirm?: string;
  revokeKeys?: boolean;
}

const Restored = z.looseObject({
  takenAt: z.string(),
  rows: z.int(),
  live: z.looseObject({ runs: z.int(), attempts: z.int() }),
});

/** `gantry restore`: puts a backup into an empty database. Afterwards nothing starts until somebody has looked. */
export function restoreCommands(program: Command, act: Act): void {
  const restore = program
    .command("restore")
    .argument("<file>")
    .description(
      "Put a backup into this installation's database, which must be empty. Everything is compared first; then nothing starts until `gantry restore resume`.",
    )
    .option("--replace", "also where there is something: it is deleted, after a confirmation")
    .option("--revoke-keys", "revoke every API key: nobody knows here which were revoked after the backup")
    .option("--confirm <installation>", "the id of the installation that is deleted, for scripts");
  withKey(restore);
  example(
    restore,
    "gantry restore /mnt/backups/gantry-2026-11-21T020000Z-7c1b04d2.gantry-backup",
    "gantry restore status",
    "gantry restore resume",
  );
  act<RestoreOptions>(restore, async (context, { parameters: [file = ""], options }) => {
    const restored = Restored.parse(await restoreFile(context, resolve(file), options));
    if (context.json) context.terminal.json(restored);
    const { rows, takenAt, live } = restored;
    context.terminal.say(
      `Restored ${rows} rows as of ${absolute(takenAt)}. ${live.runs} runs hadn't ended, ${live.attempts} attempts were under way.`,
    );
    context.terminal.say(
      "Nothing starts until you have looked:\n  gantry up\n  gantry restore status\n  gantry restore resume",
    );
  });

  act(
    restore.command("status").description("What became of what was under way, and what may have gone on since."),
    async (context) => show(context, await context.client().restore.get()),
  );
  act(restore.command("resume").description("Let work go on."), async (context) => {
    const view = await context.client().restore.resume();
    if (context.json) context.terminal.json(view);
    else context.terminal.say(view.restored === null ? "Nothing was restored here." : "Work goes on.");
  });
}

async function restoreFile(context: Context, file: string, options: RestoreOptions): Promise<unknown> {
  const attempt = (replace: string | null) =>
    runTask(context, { task: "restore", file, replace, revokeKeys: options.revokeKeys === true }, options);
  if (options.replace !== true || options.confirm !== undefined)
    return attempt(options.replace === true ? (options.confirm ?? null) : null);
  try {
    return await attempt(null);
  } catch (error) {
    if (!(error instanceof ServerNotStartedError) || error.code !== "restore_not_empty") throw error;
    context.terminal.say(error.message);
    const question = "Everything of it will be deleted. Type the installation's id to go on:";
    return attempt(await ask(context, question, `gantry restore ${file} --replace --confirm <installation>`));
  }
}

function show({ terminal, json }: Context, view: RestoreView): void {
  if (json) return terminal.json(view);
  const { restored } = view;
  if (restored === null) return terminal.data("This installation was never restored.");
  const layout = { paint: terminal.paintData, width: terminal.columns() };
  const { resumedAt, resumedBy, attempts, runs } = restored;
  const state =
    resumedAt === null
      ? "stopped; only inspections run"
      : `resumed ${absolute(resumedAt)} by ${safeLine(resumedBy?.name ?? "")}`;
  terminal.data(
    renderPairs(
      [
        ["backup", restored.backup],
        ["of", absolute(restored.takenAt)],
        ["restored", absolute(restored.restoredAt)],
        ["work", state],
      ],
      layout,
    ).join("\n"),
  );
  if (attempts.length > 0)
    terminal.data(["", "Under way then:", renderTable(attemptColumns, attempts, layout.width)].join("\n"));
  if (runs.length > 0)
    terminal.data(
      ["", "Not ended, and perhaps gone on since the backup:", renderTable(runColumns, runs, layout.width)].join("\n"),
    );
  const unclear = attempts.filter(({ outcome }) => outcome === "unclear");
  if (unclear.length > 0) terminal.say(`${unclear.length} need a person: gantry settle <run> <step> done|not_done`);
}

const attemptColumns: Column<NonNullable<RestoreView["restored"]>["attempts"][number]>[] = [
  { title: "RUN", text: ({ run }) => run, give: 1 },
  {
    title: "STEP",
    text: ({ step, operation }) => safeLine(operation === "run" ? step : `${step} (${operation})`),
    give: 2,
  },
  { title: "OUTCOME", text: ({ outcome }) => outcome },
  { title: "GOAL", text: ({ goal }) => safeLine(goal), give: 3 },
];

const runColumns: Column<NonNullable<RestoreView["restored"]>["runs"][number]>[] = [
  { title: "RUN", text: ({ run }) => run, give: 1 },
  { title: "STATUS", text: ({ status }) => status },
  { title: "ENVIRONMENT", text: ({ environment }) => safeLine(environment), give: 2 },
  { title: "GOAL", text: ({ goal }) => safeLine(goal), give: 3 },
];
