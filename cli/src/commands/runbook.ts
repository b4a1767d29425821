import { Option, type Command } from "commander";
import type { RunbookVersionView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import { absolute } from "../render/time.ts";
import type { FromRunOptions } from "../runbook/from-run.ts";
import type { OfflineOptions } from "../runbook/lint.ts";
import type { DeprecateOptions } from "../runbook/publish.ts";
import type { RenderOptions } from "../runbook/render.ts";
import { deprecationText } from "./runbooks.ts";
import { collect, environmentOption, example, projectOption, reasonOption, timeoutOption } from "./options.ts";

/**
 * `gantry runbook`: runbooks as files, from writing one to publishing it. What reads such files needs YAML, CEL and the test kit,
 * half of all that this program could load: it is loaded by the commands that use it.
 */
export function runbookCommands(program: Command, act: Act): void {
  const runbook = program.command("runbook").description("Runbooks as YAML files: write, check, test, publish.");

  const lint = offline(runbook.command("lint").argument("<file...>", "files, or folders of them")).description(
    "Check files. Exits with 2 when one has errors.",
  );
  example(lint, "gantry runbook lint runbooks", "gantry runbook lint release.yaml --json");
  act<OfflineOptions>(lint, async (...given) => (await import("../runbook/lint.ts")).lintFiles(...given));

  const test = runbook
    .command("test")
    .argument("<file...>", "files, or folders of them")
    .description("Run the cases of files in memory, with stand-ins for the tools. Exits with 1 when one fails.")
    .option("--offline", "ask no server for the effects of the tools");
  example(test, "gantry runbook test runbooks");
  act<OfflineOptions>(test, async (...given) => (await import("../runbook/run-tests.ts")).testFiles(...given));

  const render = runbook
    .command("render")
    .argument("<file>")
    .description("Show the plan that a file makes of these parameters. Nothing is published and nothing runs.")
    .addOption(environmentOption())
    .addOption(projectOption())
    .option("-p, --parameter <name=value>", "one parameter, as for `gantry run`; may be repeated", collect)
    .option("--parameters <file>", "JSON file with the parameters, - for stdin")
    .option("--offline", "ask no server: effects of tools, risk and policy aren't known then");
  example(render, "gantry runbook render release.yaml -e staging -p service=shop");
  act<RenderOptions>(render, async (...given) => (await import("../runbook/render.ts")).renderFile(...given));

  readingCommands(runbook, act);

  const fromRun = runbook
    .command("from-run")
    .argument("<run>", "id of a run that went well, or the beginning of it")
    .description("Write the file of a runbook that does what a run did, for other values too. Nothing is published.")
    .requiredOption("--name <name>", "of the runbook, such as shop.release")
    .option("--title <title>", "what it does, in a few words; the run's goal otherwise")
    .option("--compare <run>", "another run of the same steps: what differs between the two becomes parameters")
    .addOption(
      new Option(
        "--with <what>",
        "rules alone, or also a model: it names and describes what another run could want otherwise",
      )
        .choices(["rules", "model"])
        .default("rules"),
    )
    .addOption(timeoutOption());
  example(
    fromRun,
    "gantry runbook from-run 01a2b3c4 --name shop.release > release.yaml",
    "gantry runbook from-run 01a2b3c4 --compare 05d6e7f8 --name shop.release",
    "gantry runbook from-run 01a2b3c4 --name shop.release --with model > release.yaml",
  );
  act<FromRunOptions>(fromRun, async (...given) => (await import("../runbook/from-run.ts")).runbookFromRun(...given));

  const publish = runbook
    .command("publish")
    .argument("<file...>", "files, or folders of them")
    .description(
      "Publish files as versions of runbooks. What is published never changes; the same file again is no change.",
    );
  example(publish, "gantry runbook publish release.yaml");
  act(publish, async (...given) => (await import("../runbook/publish.ts")).publishFiles(...given));

  const versions = runbook
    .command("versions")
    .argument("<runbook>")
    .description("Versions of a runbook, newest first.");
  act(versions, async (context, { parameters: [name = ""] }) => {
    const { items } = await context.client().runbooks.versions(name);
    printList(context, items, versionColumns, "No versions.");
  });

  const deprecate = runbook
    .command("deprecate")
    .argument("<runbook>", "name@version of a published one")
    .description("Say that something else should be used. It can still be run; whoever does is told.")
    .option("--use <runbook>", "what to use instead")
    .addOption(reasonOption())
    .option("--restore", "take the deprecation back");
  example(deprecate, "gantry runbook deprecate shop.release@1.0.0 --use shop.release@2.0.0");
  act<DeprecateOptions>(deprecate, async (...given) =>
    (await import("../runbook/publish.ts")).deprecateVersion(...given),
  );
}

/** `gantry runbook docs`, `schema` and `diff`: what a file says, may say, and says otherwise than another. */
function readingCommands(runbook: Command, act: Act): void {
  const read = () => import("../runbook/read.ts");
  const docs = runbook.command("docs").argument("<file...>").description("Print a page about each file, as Markdown.");
  example(docs, "gantry runbook docs release.yaml > release.md");
  act(docs, async (...given) => (await read()).printPages(...given));

  const schema = runbook.command("schema").description("Print the JSON Schema of the files, for editors.");
  example(schema, "gantry runbook schema > runbook.schema.json");
  act(schema, async (context) => (await read()).printSchema(context));

  const diff = runbook
    .command("diff")
    .argument("<before>", "a file, or name@version of one that is published")
    .argument("<after>", "a file, or a version of the same runbook")
    .description("What changed between two versions: parameters and steps added, removed and changed.");
  example(diff, "gantry runbook diff shop.release@1.0.0 1.1.0", "gantry runbook diff old.yaml new.yaml");
  act(diff, async (...given) => (await read()).printChanges(...given));
}

function offline(command: Command): Command {
  return command.option("--offline", "ask no server: tools and other runbooks aren't known then");
}

const versionColumns = [
  {
    title: "VERSION",
    text: ({ version, current }: RunbookVersionView) => (current ? `${version} (current)` : version),
  },
  {
    title: "PUBLISHED",
    text: ({ publishedAt }: RunbookVersionView) => publishedAt ?? "",
    short: ({ publishedAt }: RunbookVersionView) => (publishedAt === null ? "" : absolute(publishedAt)),
    give: 2,
  },
  { title: "BY", text: ({ actor, origin }: RunbookVersionView) => actor ?? origin, give: 3 },
  {
    title: "DEPRECATED",
    text: ({ deprecated }: RunbookVersionView) => (deprecated === null ? "" : deprecationText(deprecated)),
    give: 1,
  },
  { title: "DIGEST", text: ({ digest }: RunbookVersionView) => digest ?? "", give: 4 },
];
