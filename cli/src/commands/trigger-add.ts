import type { Command } from "commander";
import type { JsonObject } from "@gantry/sdk";
import type { CreateTrigger } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { findRunbook } from "../find-runbook.ts";
import { readParameters } from "../parameters.ts";
import { describeSource } from "../render/trigger.ts";
import { absolute } from "../render/time.ts";
import { collect, environmentOption, example, projectOption } from "./options.ts";
import { sourceOf, sourceOptions, type SourceOptions } from "./trigger-source.ts";

interface AddOptions extends SourceOptions {
  runbook: string;
  runbookVersion?: string;
  parameter?: string[];
  map?: string[];
  when?: string;
}

/** `gantry trigger add`. */
export function addCommand(trigger: Command, act: Act): void {
  const add = trigger
    .command("add")
    .argument("<name>")
    .description("Create a trigger. Its runs are yours: it stops when you may not run anything any more.")
    .requiredOption("--runbook <name>", "what it runs; see `gantry runbooks list`")
    .option("--runbook-version <version>", "only this version; the latest unless told")
    .addOption(environmentOption())
    .addOption(projectOption())
    .option("-p, --parameter <name=value>", "one parameter that is always the same; may be repeated", collect)
    .option("--map <name=CEL>", "one parameter from what came, such as payload.after; may be repeated", collect)
    .option("--when <CEL>", "fire only where this is true");
  sourceOptions(add);
  example(
    add,
    'gantry trigger add nightly --runbook deploy.service -e dev -p service=shop --schedule "30 2 * * *" --time-zone Europe/Berlin',
    `gantry trigger add pushes --runbook deploy.service -e dev -p service=shop --map commit=payload.after --webhook github --secret hub --when "occurrence.event == 'push'"`,
    "gantry trigger add main --runbook deploy.service -e dev -p service=shop --map commit=payload.new --git https://example.com/shop.git --ref main",
  );
  act<AddOptions>(add, async (context, { parameters: [name = ""], options }) => {
    const source = sourceOf(options);
    const created = await context.client().triggers.create({ name, source, ...(await callOf(context, options)) });
    const { terminal } = context;
    if (context.json) terminal.json(created);
    else {
      const next = created.dueAt !== null && source.kind === "schedule" ? `; next ${absolute(created.dueAt)}` : "";
      terminal.say(
        `${created.name} runs ${created.runbook} on ${created.environment} ${describeSource(created.source)}${next}.`,
      );
      terminal.data(created.hook === null ? created.id : new URL(created.hook, context.config.url.value).href);
    }
  });
}

async function callOf(context: Context, options: AddOptions): Promise<Omit<CreateTrigger, "name" | "source">> {
  const environment = context.config.environment?.value;
  if (environment === undefined) {
    throw new UsageError("Which environment? None was given.", "gantry trigger add … --environment staging");
  }
  const mapping = mappingOf(options.map ?? []);
  return {
    environment,
    project: context.config.project.value,
    runbook: options.runbook,
    runbookVersion: options.runbookVersion ?? null,
    parameters: await parametersOf(context, options, Object.keys(mapping)),
    mapping,
    when: options.when ?? null,
  };
}

/** Parameters that the mapping gives are missing here on purpose. */
async function parametersOf(
  context: Context,
  { runbook, parameter = [] }: AddOptions,
  mapped: readonly string[],
): Promise<JsonObject> {
  const view = await findRunbook(context.client(), runbook);
  const { required = [], ...schema } = view.parameters as { required?: string[] };
  const left = { ...schema, required: required.filter((name) => !mapped.includes(name)) };
  return readParameters({ pairs: parameter, file: undefined }, { name: view.name, parameters: left }, context.stdin);
}

/** @throws UsageError */
export function mappingOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      if (equals < 1)
        throw new UsageError(`${JSON.stringify(pair)} isn't of the form name=CEL.`, "gantry trigger --help");
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
