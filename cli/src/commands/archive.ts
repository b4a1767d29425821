import type { Command } from "commander";
import type { ArchiveEntry, ArchiveVerification } from "@gantry/sdk/api";
import { allItems } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import { findArchived } from "../archive-reference.ts";
import { printList } from "../print-list.ts";
import { renderPairs } from "../render/layout.ts";
import { safeLine, safeText } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { saveArchive } from "../save-archive.ts";
import { example, readWhole } from "./options.ts";

/** `gantry archive`: runs that ended so long ago that they were purged. */
export function archiveCommands(program: Command, act: Act): void {
  const archive = program.command("archive").description("Runs that were archived and purged; see gantry retention.");

  const list = archive
    .command("list")
    .description("Archived runs, the latest first.")
    .option("--limit <n>", "how many", readWhole(1, 100_000), 50);
  act<{ limit: number }>(list, async (context, { options: { limit } }) => {
    const rows: ArchiveEntry[] = [];
    const client = context.client();
    for await (const entry of allItems((cursor) => client.archive.list({ limit: Math.min(limit, 200), cursor }))) {
      rows.push(entry);
      if (rows.length >= limit) break;
    }
    printList(context, rows, columns, "Nothing was archived. gantry retention show  says what will be.");
  });

  const show = archive
    .command("show")
    .argument("<run>", "id, or its beginning")
    .description("What an archived run was.");
  act(show, async ({ client, json, terminal }, { parameters: [reference = ""] }) => {
    const entry = await findArchived(client(), reference);
    if (json) return terminal.json(entry);
    const layout = { paint: terminal.paintData, width: terminal.columns() };
    terminal.data(renderPairs(pairsOf(entry), layout).join("\n"));
  });

  const exported = archive
    .command("export")
    .argument("<run>", "id, or its beginning")
    .description("The history of an archived run: a line of JSON for the run, its plan, and each thing that happened.")
    .option("-o, --output <file>", "write it there and check its digest; stdout unless told");
  example(exported, "gantry archive export 0198c2f4 -o run.ndjson");
  act<{ output?: string }>(exported, async ({ client, json, terminal }, { parameters: [reference = ""], options }) => {
    const entry = await findArchived(client(), reference);
    const content = await client().archive.content(entry.run);
    if (options.output === undefined) {
      const decoder = new TextDecoder();
      let rest = "";
      for await (const part of content) {
        const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) terminal.data(terminal.dataIsTerminal ? safeText(line) : line);
      }
      return;
    }
    await saveArchive(content, entry, options.output);
    if (json) terminal.json({ run: entry.run, file: options.output, digest: entry.digest, bytes: entry.bytes });
    else terminal.say(`Wrote ${entry.bytes} bytes, ${entry.digest}.`);
  });

  const verify = archive
    .command("verify")
    .description("Read every archive again and check it, and the chain of entries, against what was written.")
    .option("--after <ordinal>", "only the entries behind this one", readWhole(0, Number.MAX_SAFE_INTEGER), 0);
  act<{ after: number }>(verify, async ({ client, json, terminal }, { options }) => {
    const problems: ArchiveVerification["problems"] = [];
    let checked = 0;
    let removed = 0;
    let head: ArchiveVerification["head"] = null;
    for (let more = true; more;) {
      const part: ArchiveVerification = await client().archive.verify({ after: head?.ordinal ?? options.after });
      problems.push(...part.problems);
      checked += part.checked;
      removed += part.removed;
      head = part.head ?? head;
      more = part.more && part.checked > 0;
    }
    if (json) terminal.json({ checked, removed, problems, head });
    else {
      for (const { ordinal, run, problem } of problems)
        terminal.data(`${ordinal}\t${safeLine(run)}\t${safeLine(problem)}`);
      const what = problems.length === 0 ? "everything is as it was written" : `${problems.length} problems`;
      terminal.say(`${checked} archived runs checked: ${what}.`);
      if (removed > 0)
        terminal.say(`Of ${removed} the archive itself was removed by retention; their entries are there.`);
      if (head !== null) terminal.say(`Head of the chain: ${head.ordinal} ${head.hash}`);
    }
    return problems.length === 0 ? "ok" : "failed";
  });
}

function pairsOf(entry: ArchiveEntry): [string, string][] {
  const { rule, lines } = entry;
  return [
    ["run", entry.run],
    ["goal", safeLine(entry.goal)],
    ["runbook", safeLine(entry.runbook ?? "")],
    ["where", `${safeLine(entry.project)}/${safeLine(entry.environment)}`],
    ["requester", safeLine(entry.requester.name)],
    ["status", entry.status],
    ["created", absolute(entry.createdAt)],
    ["finished", absolute(entry.finishedAt)],
    ["sub-run of", entry.parent ?? ""],
    ["archived", absolute(entry.archivedAt)],
    [
      "by",
      `keeping runs for ${rule.keepDays} days, ${rule.setBy === null ? "the installation's default" : `set by ${safeLine(rule.setBy.name)}`}`,
    ],
    [
      "holds",
      Object.entries(lines)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(", "),
    ],
    ["content", `${entry.digest}, ${entry.bytes} bytes`],
    ["entry", `${entry.ordinal}, ${entry.hash}`],
  ];
}

const columns: Column<ArchiveEntry>[] = [
  { title: "RUN", text: ({ run }) => run, give: 1 },
  { title: "STATUS", text: ({ status }) => status },
  { title: "WHERE", text: ({ project, environment }) => safeLine(`${project}/${environment}`), give: 3 },
  { title: "GOAL", text: ({ goal }) => safeLine(goal), give: 2 },
  { title: "FINISHED", text: ({ finishedAt }) => absolute(finishedAt) },
];
