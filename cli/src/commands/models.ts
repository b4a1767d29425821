import { Option, type Command } from "commander";
import type { ModelCostView, ModelPolicyView, ModelView } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import { renderMicros } from "../render/amount.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { findRun } from "../run-reference.ts";
import { modelCallCommands } from "./model-calls.ts";
import { example, readDuration, readTime, readWhole } from "./options.ts";
import { placed, readPlace, type PlaceOptions } from "./place.ts";

interface CostsOptions extends PlaceOptions {
  by: "model" | "connection" | "agent" | "project" | "run" | "step" | "day";
  for?: number;
  since?: string;
  until?: string;
  run?: string;
}

interface PolicyOptions {
  providers?: string;
  regions?: string;
  prefer?: "quality" | "cost" | "latency";
  cache?: number;
  store?: "off" | "redacted" | "full";
  storeDays?: number | "never";
}

/** `gantry models`: which models are connected, whether they answer, what they cost, and where data may go with a call. */
export function modelsCommands(program: Command, act: Act): void {
  const models = program.command("models").description("Models that agents ask, and what they cost.");

  const list = placed(models.command("list")).description("Models that calls from there can use.");
  example(list, "gantry models list", "gantry models list --project shop -e prod");
  act<PlaceOptions>(list, async (context, { options }) => {
    const { items, problems } = await context.client().models.list(readPlace(options, "models list"));
    if (context.json) return context.terminal.json({ items, problems });
    printList(context, items, columns, noModels);
    for (const { message } of problems) context.terminal.say(safeLine(message));
    if (items.some(({ priceKnown }) => !priceKnown))
      context.terminal.say("? No price is known: it counts as the dearest model of its provider.");
  });

  const test = placed(models.command("test"))
    .argument("[model]", "its name, or connection/name; the one that is preferred unless told")
    .description("Ask a model for one word and say how that went. Ends with 1 when it fails.");
  example(test, "gantry models test", "gantry models test local/llama4");
  act<PlaceOptions>(test, async (context, { parameters: [model], options }) => {
    const { terminal, json } = context;
    const result = await context.client().models.test(model, readPlace(options, "models test"));
    if (json) terminal.json(result);
    else {
      for (const { connection, model: asked, error } of result.attempts)
        if (error !== null) terminal.say(`${safeLine(asked)} (${safeLine(connection)}) didn't answer: ${error}`);
      const { error, usage, cost, firstTokenMs, totalMs } = result;
      if (error !== null) terminal.say(`${safeLine(error.message)} [${error.code}]`);
      if (error === null) {
        terminal.data(
          `${safeLine(result.model ?? "")} (${safeLine(result.connection ?? "")}) answers: ${safeLine(result.text)}`,
        );
        terminal.data(`  first token  ${firstTokenMs === null ? "from the cache" : `${Math.round(firstTokenMs)} ms`}`);
        terminal.data(`  in all       ${Math.round(totalMs)} ms`);
        if (usage !== null)
          terminal.data(`  tokens       ${usage.input} in (${usage.cachedInput} cached), ${usage.output} out`);
        if (cost !== null) terminal.data(`  cost         ${renderMicros(cost.micros, cost.known)}`);
      }
    }
    return result.outcome === "failed" ? "failed" : "ok";
  });

  const costs = placed(models.command("costs"))
    .description("What calls to models cost, the dearest first.")
    .addOption(
      new Option("--by <what>", "what to add up")
        .choices(["model", "connection", "agent", "project", "run", "step", "day"])
        .default("model"),
    )
    .addOption(
      new Option("--for <duration>", "of the last 24h, 7d, …; 30d unless told")
        .argParser(readDuration)
        .conflicts(["since", "until"]),
    )
    .addOption(
      new Option("--since <time>", "from then on, ISO 8601; 30 days before the end unless told").argParser(readTime),
    )
    .addOption(new Option("--until <time>", "until then, ISO 8601").argParser(readTime))
    .option("--run <run>", "of this run only, since it was submitted");
  example(
    costs,
    "gantry models costs",
    "gantry models costs --by day --for 7d",
    "gantry models costs --by step --run last",
    "gantry models costs --by agent --project shop --since 2026-01-01T00:00:00Z --until 2026-02-01T00:00:00Z",
  );
  act<CostsOptions>(costs, async (context, { options }) => {
    const { by, run } = options;
    const client = context.client();
    const place = readPlace(options, "models costs");
    const of = run === undefined ? {} : { run: await findRun(client, run) };
    const result = await client.models.costs({ by, ...place, ...of, ...(await timesOf(client, options, of)) });
    if (context.json) return context.terminal.json(result);
    printList(context, result.items, costColumns(by), "No model was asked in that time.");
    const total = result.items.reduce((sum, { micros }) => sum + micros, 0);
    const known = result.items.every(({ priceKnown }) => priceKnown);
    if (result.items.length > 0) context.terminal.say(`${renderMicros(total, known)} in all.`);
  });

  const policy = models
    .command("policy")
    .description("Where data may go with calls to models and which are preferred; options change it.")
    .option("--providers <names>", "only to these, with commas between; any: all that are connected")
    .option("--regions <names>", "only to connections whose region is one of these; any: all")
    .addOption(new Option("--prefer <what>", "what decides between models").choices(["quality", "cost", "latency"]))
    .addOption(
      new Option("--cache <seconds>", "keep answers to calls that have only one for so long; 0: not at all").argParser(
        readWhole(0, 86_400),
      ),
    )
    .addOption(
      new Option(
        "--store <what>",
        "keep prompts and answers: not, without what tells who somebody is, as they left",
      ).choices(["off", "redacted", "full"]),
    )
    .addOption(
      new Option("--store-days <days>", "keep them for so many days; never: for ever").argParser((text: string) =>
        text === "never" ? text : readWhole(1, 36_500)(text),
      ),
    );
  example(
    policy,
    "gantry models policy",
    "gantry models policy --providers anthropic,ollama --regions eu-central-1",
    "gantry models policy --store redacted --store-days 14",
  );
  act<PolicyOptions>(policy, async (context, { options }) => {
    const { models: client } = context.client();
    const { providers, regions, prefer, cache, store, storeDays } = options;
    const before = await client.policy();
    const changes = [providers, regions, prefer, cache, store, storeDays].some((one) => one !== undefined);
    const after = changes
      ? await client.setPolicy({
          providers: providers === undefined ? before.providers : namesOf(providers),
          regions: regions === undefined ? before.regions : namesOf(regions),
          prefer: prefer ?? before.prefer,
          cacheSeconds: cache ?? before.cacheSeconds,
          store: store ?? before.store,
          ...(storeDays !== undefined && { storeDays: storeDays === "never" ? null : storeDays }),
        })
      : before;
    if (context.json) return context.terminal.json(after);
    for (const line of policyLines(after)) context.terminal.data(line);
  });

  modelCallCommands(models, act);
}

/** Unless told, all of a run, and else what the server takes for lately. */
async function timesOf(
  client: Client,
  { for: span, since, until }: CostsOptions,
  { run }: { run?: string },
): Promise<{ since?: string; until?: string }> {
  if (span !== undefined) return { since: new Date(Date.now() - span).toISOString() };
  if (since === undefined && run !== undefined)
    return { since: (await client.runs.get(run)).createdAt, ...(until && { until }) };
  return { ...(since && { since }), ...(until && { until }) };
}

const noModels =
  "No models. Connect one:  gantry connection add <name> --kind model --set provider=anthropic --secret key=<secret>";

function namesOf(text: string): string[] | null {
  return text === "any"
    ? null
    : text
        .split(",")
        .map((one) => one.trim())
        .filter((one) => one !== "");
}

function policyLines({ providers, regions, prefer, cacheSeconds, store, storeDays }: ModelPolicyView): string[] {
  return [
    `providers  ${providers === null ? "all that are connected" : providers.map(safeLine).join(", ") || "none"}`,
    `regions    ${regions === null ? "any" : regions.map(safeLine).join(", ") || "none"}`,
    `prefer     ${prefer}`,
    `cache      ${cacheSeconds === 0 ? "off" : `${cacheSeconds} s`}`,
    `store      ${store === "off" ? "off" : `${store}, ${storeDays === null ? "for ever" : `${storeDays} days`}`}`,
  ];
}

const perMillion = (dollars: number | null): string => (dollars === null ? "" : `$${dollars}`);

const columns: Column<ModelView>[] = [
  { title: "MODEL", text: ({ model }) => model },
  { title: "CONNECTION", text: ({ connection }) => connection },
  { title: "PROVIDER", text: ({ provider }) => provider, give: 4 },
  { title: "TIER", text: ({ tier }) => tier, give: 3 },
  { title: "CONTEXT", text: ({ context }) => (context === null ? "" : context.toLocaleString("en")), give: 5 },
  { title: "IN/M", text: ({ price, priceKnown }) => `${perMillion(price.input)}${priceKnown ? "" : "?"}` },
  { title: "OUT/M", text: ({ price, priceKnown }) => `${perMillion(price.output)}${priceKnown ? "" : "?"}` },
  { title: "STATE", text: ({ refused }) => refused ?? "ready", give: 1 },
];

function costColumns(by: string): Column<ModelCostView>[] {
  return [
    { title: by.toUpperCase(), text: ({ key }) => key ?? "(none)" },
    { title: "CALLS", text: ({ calls }) => String(calls) },
    { title: "FAILED", text: ({ failed }) => String(failed), give: 4 },
    { title: "IN", text: ({ input }) => input.toLocaleString("en"), give: 3 },
    { title: "CACHED", text: ({ cachedInput }) => cachedInput.toLocaleString("en"), give: 5 },
    { title: "OUT", text: ({ output }) => output.toLocaleString("en"), give: 3 },
    { title: "FIRST TOKEN", text: ({ firstTokenMs }) => (firstTokenMs === null ? "" : `${firstTokenMs} ms`), give: 6 },
    { title: "COST", text: ({ micros, priceKnown }) => renderMicros(micros, priceKnown) },
  ];
}
