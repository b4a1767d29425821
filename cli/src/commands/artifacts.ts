import { open, rm } from "node:fs/promises";
import type { Command } from "commander";
import type { RunArtifact } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { bytesOf } from "../render/amount.ts";
import type { Column } from "../render/table.ts";
import { findRun } from "../run-reference.ts";
import { example } from "./options.ts";

/** `gantry runs artifacts`. */
export function artifactsCommand(runs: Command, act: Act): void {
  const artifacts = runs
    .command("artifacts")
    .argument("<run>", "id, or the beginning of it")
    .description("Files that a run's steps kept; with --get, one of them.")
    .option("--get <name>", "keep this one: its name, or its digest")
    .option("-o, --output <file>", "with --get: where to write it");
  example(artifacts, "gantry runs artifacts 0198c2f4", "gantry runs artifacts 0198c2f4 --get plan.json -o plan.json");
  act<{ get?: string; output?: string }>(artifacts, async (context, { parameters: [reference = ""], options }) => {
    const client = context.client();
    const run = await findRun(client, reference);
    if ((options.get === undefined) !== (options.output === undefined))
      throw new UsageError("--get and --output go together.", `gantry runs artifacts ${run} --get <name> -o <file>`);
    if (options.get === undefined || options.output === undefined)
      return printList(context, await readArtifacts(client, run), columns, "The run kept no files.");
    const { digest, bytes, name } = await findArtifact(client, run, options.get);
    await save(await client.runs.artifact(run, digest), options.output);
    if (context.json) context.terminal.json({ run, name, digest, bytes, file: options.output });
    else context.terminal.say(`Wrote ${bytesOf(bytes)} to ${options.output}, ${digest}.`);
  });
}

async function readArtifacts(client: Client, run: string): Promise<RunArtifact[]> {
  const found: RunArtifact[] = [];
  for (let after = 0, more = true; more;) {
    const page = await client.runs.artifacts(run, { after });
    found.push(...page.items);
    ({ after, more } = page);
  }
  return found;
}

/** @throws UsageError when there is none, or when several of that name differ */
async function findArtifact(client: Client, run: string, wanted: string): Promise<RunArtifact> {
  const all = await readArtifacts(client, run);
  const matching = all.filter(({ name, digest }) => name === wanted || digest === wanted);
  const [first] = matching;
  const see = `gantry runs artifacts ${run}`;
  if (first === undefined) throw new UsageError(`Run ${run} kept no ${JSON.stringify(wanted)}.`, see);
  if (matching.some(({ digest }) => digest !== first.digest))
    throw new UsageError(`Run ${run} kept several that are called ${JSON.stringify(wanted)}; name a digest.`, see);
  return first;
}

async function save(content: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  let whole = false;
  try {
    for await (const part of content) await file.writeFile(part);
    whole = true;
  } finally {
    await file.close();
    if (!whole) await rm(path, { force: true });
  }
}

const columns: Column<RunArtifact>[] = [
  { title: "NAME", text: ({ name }) => name, give: 1 },
  { title: "STEP", text: ({ step }) => step ?? "", give: 2 },
  { title: "TYPE", text: ({ contentType }) => contentType, give: 3 },
  { title: "SIZE", text: ({ bytes }) => String(bytes), short: ({ bytes }) => bytesOf(bytes) },
  { title: "DIGEST", text: ({ digest }) => digest, short: ({ digest }) => digest.slice(0, 19), give: 4 },
];
