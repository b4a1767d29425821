import { writeFile } from "node:fs/promises";
import { Option, type Command } from "commander";
import { AuditFormat, type AuditEntry, type AuditFilter } from "@gantry/sdk/api";
import { allItems } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { safeLine, safeText } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { readWhole } from "./options.ts";

interface Filter {
  since?: string;
  until?: string;
  actor?: string;
  action?: string;
  run?: string;
  project?: string;
  environment?: string;
  result?: "allowed" | "denied" | "failed";
  installation?: boolean;
}

/** `gantry audit`: who did what, and the proof that nobody changed it. */
export function auditCommands(program: Command, act: Act): void {
  const audit = program.command("audit").description("Who did what, and whether that is still what was written.");

  const list = filtered(audit.command("list").description("Who did what, newest first.")).option(
    "--limit <n>",
    "how many",
    readWhole(1, 100_000),
    50,
  );
  act<Filter & { limit: number }>(list, async (context, { options: { limit, ...given } }) => {
    const rows: AuditEntry[] = [];
    const client = context.client();
    const filter = filterOf(given);
    for await (const one of allItems((cursor) =>
      client.audit.list({ ...filter, limit: Math.min(limit, 200), cursor }),
    )) {
      rows.push(one);
      if (rows.length >= limit) break;
    }
    printList(context, rows, columns, "Nothing that fits is recorded.");
  });

  const show = audit.command("show").argument("<record>", "its id").description("All of one record.");
  act(installation(show), async ({ client, terminal }, { parameters: [id = ""], options }) => {
    const { items } = await client().audit.list({ id, ...filterOf(options as Filter) });
    if (items[0] === undefined) throw new UsageError(`There is no record ${id}.`, "gantry audit list");
    terminal.json(items[0]);
  });

  const exported = filtered(audit.command("export").description("All that fits, as a stream for other programs."))
    .addOption(new Option("-f, --format <format>", "how").choices(AuditFormat.options).default("json"))
    .option("-o, --output <file>", "write it there; stdout unless told");
  act<Filter & { format: AuditFormat; output?: string }>(
    exported,
    async ({ client, terminal }, { options: { format, output, ...given } }) => {
      const content = await client().audit.export({ ...filterOf(given), format });
      if (output !== undefined) return writeFile(output, content, { mode: 0o600, flag: "wx" });
      const decoder = new TextDecoder();
      let rest = "";
      for await (const part of content) {
        const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) terminal.data(terminal.dataIsTerminal ? safeText(line) : line);
      }
    },
  );

  const verify = audit
    .command("verify")
    .description("Compute all hashes and signatures anew. Ends with 1 when something was changed.")
    .option("--head <n:hash>", "a seal that was kept elsewhere, from gantry audit head");
  act<{ head?: string; installation?: boolean }>(
    installation(verify),
    async ({ client, json, terminal }, { options: { head, ...given } }) => {
      const verdict = await client().audit.verify({ scope: scopeOf(given), ...(head === undefined ? {} : { head }) });
      if (json) terminal.json(verdict);
      else {
        for (const { message, from, to } of verdict.problems)
          terminal.data(
            `${safeLine(message)} Sealed ${from === null ? "by" : `between ${absolute(from)} and`} ${absolute(to)}.`,
          );
        const { seals, rows, purged, redacted } = verdict;
        terminal.say(`${seals} seals, ${rows} rows; ${purged} were purged with their runs, ${redacted} redacted.`);
        if (verdict.intact) terminal.say("Everything is as it was sealed.");
        if (verdict.head !== null) terminal.data(`${verdict.head.n}:${verdict.head.hash}`);
      }
      return verdict.intact ? "ok" : "failed";
    },
  );

  const head = audit.command("head").description("The newest seal. Keep it elsewhere, for verify.");
  act<{ installation?: boolean }>(installation(head), async ({ client, json, terminal }, { options }) => {
    const newest = await client().audit.head({ scope: scopeOf(options) });
    if (json) terminal.json(newest);
    else terminal.data(newest.head === null ? "nothing is sealed yet" : `${newest.head.n}:${newest.head.hash}`);
  });
}

function filtered(command: Command): Command {
  return installation(
    command
      .option("--since <time>", "from then on, ISO 8601")
      .option("--until <time>", "to before then, ISO 8601")
      .option("--actor <name or id>", "who did it")
      .option("--action <beginning>", "what was done: secrets. for all that was done to secrets")
      .option("--run <id>", "to which run")
      .option("--in-project <name>", "in which project")
      .option("--in-environment <name>", "in which environment")
      .addOption(new Option("--result <result>", "how it ended").choices(["allowed", "denied", "failed"])),
  );
}

function installation(command: Command): Command {
  return command.option("--installation", "of the installation itself; needs the scope admin:everywhere");
}

function scopeOf({ installation: own }: { installation?: boolean }): "installation" | "organization" {
  return own === true ? "installation" : "organization";
}

function filterOf({ since, until, ...given }: Filter & { inProject?: string; inEnvironment?: string }): AuditFilter {
  const { actor, action, run, result, inProject, inEnvironment } = given;
  const named = { actor, action, run, result, project: inProject, environment: inEnvironment };
  const times = { from: since && new Date(since).toISOString(), to: until && new Date(until).toISOString() };
  const all = Object.entries({ ...named, ...times }).filter(([, value]) => value !== undefined);
  return { scope: scopeOf(given), ...(Object.fromEntries(all) as AuditFilter) };
}

const columns: Column<AuditEntry>[] = [
  { title: "AT", text: ({ at }) => absolute(at) },
  { title: "WHO", text: ({ actor }) => actor.name, give: 2 },
  { title: "WHAT", text: ({ action }) => action, give: 1 },
  { title: "RESULT", text: ({ result }) => result },
  { title: "TARGET", text: ({ target }) => JSON.stringify(target), give: 3 },
  { title: "WHY", text: ({ reason }) => reason ?? "", give: 2 },
];
