import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { z } from "zod";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import { renderLogLine } from "../render/log-line.ts";
import { renderPairs } from "../render/layout.ts";
import { safeLine } from "../render/safe-text.ts";
import { bytesOf } from "../render/amount.ts";
import type { Column } from "../render/table.ts";
import { absolute, duration } from "../render/time.ts";
import { runServerTask } from "../server-process.ts";
import { example } from "./options.ts";

export interface KeyOptions {
  keyFile?: string;
  passphraseFile?: string;
}

const Made = z.looseObject({
  file: z.string(),
  bytes: z.int().optional(),
  id: z.string(),
  installation: z.string(),
  release: z.string(),
  takenAt: z.string(),
  postgres: z.string(),
  migration: z.string().nullable(),
  rows: z.int(),
  tables: z.array(z.unknown()),
  blobs: z.looseObject({ count: z.int(), bytes: z.int(), missing: z.int(), referenced: z.int() }),
  live: z.looseObject({ runs: z.int(), attempts: z.int() }),
});
type Made = z.infer<typeof Made>;

const Tried = z.looseObject({ takenAt: z.string(), rows: z.int(), compared: z.int(), tookMs: z.int() });

const Dumped = z.looseObject({ file: z.string(), client: z.string(), server: z.string() });

const Listed = z.object({
  backups: z.array(
    z.looseObject({
      file: z.string(),
      bytes: z.int(),
      header: z
        .looseObject({
          takenAt: z.string(),
          release: z.string(),
          installation: z.string(),
          key: z.looseObject({ kind: z.string(), id: z.string().optional() }),
        })
        .nullable(),
      problem: z.string().nullable(),
    }),
  ),
});
type ListedBackup = z.infer<typeof Listed>["backups"][number];

/** `gantry backup`: everything of an installation in one encrypted file. Works on the installation's machine, with its variables. */
export function backupCommands(program: Command, act: Act): void {
  const backup = program
    .command("backup")
    .description(
      "Everything of this installation in one encrypted file. Runs where the server runs, also while it does.",
    );

  const create = backup
    .command("create")
    .argument("<folder>", "where the file is written; on another disk")
    .description("Back up database and contents as they are at this moment.")
    .addOption(
      new Option("--blobs <mode>", "contents in files and buckets: into the backup, or only listed")
        .choices(["include", "reference"])
        .default("include"),
    );
  withKey(create);
  example(create, "gantry backup create /mnt/backups", "gantry backup create /mnt/backups --key-file /root/backup.key");
  act<KeyOptions & { blobs: string }>(create, async (context, { parameters: [folder = ""], options }) => {
    const made = Made.parse(
      await runTask(context, { task: "backup.create", folder: resolve(folder), blobs: options.blobs }, options),
    );
    if (context.json) context.terminal.json(made);
    else context.terminal.data(made.file);
    context.terminal.say(`${made.rows} rows and ${made.blobs.count} contents, ${bytesOf(made.bytes ?? 0)}.`);
  });

  const list = backup.command("list").argument("<folder>").description("The backups in a folder, newest first.");
  example(list, "gantry backup list /mnt/backups");
  act(list, async (context, { parameters: [folder = ""] }) => {
    const { backups } = Listed.parse(await runTask(context, { task: "backup.list", folder: resolve(folder) }, {}));
    printList(context, backups, columns, "There is no backup in that folder.");
  });

  const verify = backup
    .command("verify")
    .argument("<file>")
    .description("Read a backup whole and compare everything with its manifest. Changes nothing.");
  withKey(verify);
  example(verify, "gantry backup verify /mnt/backups/gantry-2026-11-21T020000Z-7c1b04d2.gantry-backup");
  act<KeyOptions>(verify, async (context, { parameters: [file = ""], options }) => {
    const made = Made.parse(await runTask(context, { task: "backup.verify", file: resolve(file) }, options));
    if (context.json) return context.terminal.json(made);
    const layout = { paint: context.terminal.paintData, width: context.terminal.columns() };
    context.terminal.data(renderPairs(pairsOf(made), layout).join("\n"));
    context.terminal.say("It is whole.");
  });

  const dump = backup
    .command("dump")
    .argument("<file>")
    .description(
      "The database alone, by PostgreSQL's own pg_dump where there is one of the server's version. Not what gantry restore takes.",
    )
    .addOption(new Option("--format <format>", "pg_dump's").choices(["custom", "plain", "tar"]).default("custom"));
  example(dump, "gantry backup dump /mnt/backups/gantry.dump", "gantry backup dump gantry.sql --format plain");
  act<{ format: string }>(dump, async (context, { parameters: [file = ""], options: { format } }) => {
    const task = { task: "backup.dump", file: resolve(file), format };
    const made = Dumped.parse(await runTask(context, task, {}));
    if (context.json) return context.terminal.json(made);
    context.terminal.data(made.file);
    context.terminal.say(
      `Dumped by pg_dump ${made.client}. It isn't encrypted as a whole, and has no contents of files or buckets.`,
    );
  });

  const drill = backup
    .command("drill")
    .argument("[file]", "a backup; one is made for it unless told")
    .description(
      "Try a restore out in a database of its own, compare every row, verify the audit trail, and remove it all again.",
    );
  withKey(drill);
  example(
    drill,
    "gantry backup drill",
    "gantry backup drill /mnt/backups/gantry-2026-11-21T020000Z-7c1b04d2.gantry-backup",
  );
  act<KeyOptions>(drill, async (context, { parameters: [file], options }) => {
    const task = { task: "backup.drill", file: file === undefined ? null : resolve(file) };
    const tried = Tried.parse(await runTask(context, task, options));
    if (context.json) return context.terminal.json(tried);
    context.terminal.data(
      `Restored as of ${absolute(tried.takenAt)} in ${duration(tried.tookMs)}: ${tried.rows} rows of ${tried.compared} tables are as they were.`,
    );
  });
}

export function withKey(command: Command): void {
  command
    .option("--key-file <file>", "the key it is encrypted with (default: GANTRY_BACKUP_KEY_FILE, or the platform key)")
    .option("--passphrase-file <file>", "file with a passphrase instead (default: GANTRY_BACKUP_PASSPHRASE)");
}

/** Carries out a task of the platform's with this machine's variables. */
export function runTask(
  { config, terminal }: Context,
  task: object,
  { keyFile, passphraseFile }: KeyOptions,
): Promise<unknown> {
  return runServerTask({
    environment: {
      ...config.processEnvironment,
      ...(config.dataDir.origin === "--data-dir" ? { GANTRY_DATA_DIR: config.dataDir.value } : {}),
      ...(keyFile === undefined ? {} : { GANTRY_BACKUP_KEY_FILE: resolve(keyFile) }),
      ...(passphraseFile === undefined ? {} : { GANTRY_BACKUP_PASSPHRASE_FILE: resolve(passphraseFile) }),
    },
    task,
    onLog: (line) => {
      const text = renderLogLine(line, { paint: terminal.paint, level: "warn" });
      if (text !== null) terminal.say(text);
    },
  });
}

export function pairsOf(made: Made): [string, string][] {
  const { blobs, live } = made;
  return [
    ["file", safeLine(made.file)],
    ["backup", made.id],
    ["installation", made.installation],
    ["taken", absolute(made.takenAt)],
    [
      "release",
      `${safeLine(made.release)}, tables as of ${safeLine(made.migration ?? "none")}, Postgres ${safeLine(made.postgres)}`,
    ],
    ["holds", `${made.rows} rows of ${made.tables.length} tables, ${blobs.count} contents (${bytesOf(blobs.bytes)})`],
    ["without", `${blobs.referenced} contents that are kept elsewhere, ${blobs.missing} that were lost or purged`],
    ["under way", `${live.runs} runs, ${live.attempts} attempts`],
  ];
}

const columns: Column<ListedBackup>[] = [
  { title: "TAKEN", text: ({ header }) => (header === null ? "" : absolute(header.takenAt)) },
  { title: "RELEASE", text: ({ header }) => safeLine(header?.release ?? "") },
  { title: "SIZE", text: ({ bytes }) => bytesOf(bytes) },
  {
    title: "KEY",
    text: ({ header }) => safeLine(header === null ? "" : `${header.key.kind} ${header.key.id ?? ""}`.trim()),
  },
  { title: "FILE", text: ({ file, problem }) => safeLine(problem ?? file), give: 1 },
];
