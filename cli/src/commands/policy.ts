import type { Command } from "commander";
import type { PolicyHead, PolicyVersionView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { inFile, lintPolicies, readPolicy, showProblems } from "../policy/lint.ts";
import { printList } from "../print-list.ts";
import { safeLine, safeText } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { collect, example, readWhole, reasonOption } from "./options.ts";
import { placed, placeWord, readPlace, type PlaceOptions } from "./place.ts";

interface PutOptions extends PlaceOptions {
  expect?: number;
  reason?: string;
}

/** `gantry policy`: what an organization, a project or an environment forbids, or asks approvals for. */
export function policyCommands(program: Command, act: Act): void {
  const policy = program.command("policy").description("What is forbidden where, or needs an approval; in versions.");

  const list = placed(policy.command("list")).description("All policies; of a place those in force there.");
  example(list, "gantry policy list", "gantry policy list --project default -e prod");
  act<PlaceOptions>(list, async (context, { options }) => {
    const { items } = await context.client().policies.list(readPlace(options, "policy list"));
    printList(context, items, columns, "No policies. Put one:  gantry policy put freeze-data freeze-data.cedar");
  });

  const show = placed(policy.command("show").argument("<policy>").argument("[version]")).description(
    "The text of a policy, or of an old version of it.",
  );
  example(show, "gantry policy show freeze-data", "gantry policy show freeze-data 2");
  act<PlaceOptions>(show, async (context, { parameters: [name = "", number], options }) => {
    const version = number === undefined ? {} : { version: whole(number) };
    const view = await context.client().policies.get(name, { ...readPlace(options, "policy show"), ...version });
    if (context.json) return context.terminal.json(view);
    context.terminal.data(safeText(view.text).replace(/\n$/, ""));
    const who = `version ${view.version} of ${placeWord(view)}, by ${safeLine(view.actor)} at ${absolute(view.updatedAt)}`;
    context.terminal.say(`${safeLine(view.name)}, ${who}.`);
  });

  const put = changing(
    placed(policy.command("put").argument("<policy>").argument("<file>", "Cedar; - for stdin")),
  ).description("Store a policy. It decides from the next decision on. Only `forbid` is taken: policies tighten.");
  example(
    put,
    "gantry policy put freeze-data freeze-data.cedar",
    'gantry policy put freeze-data freeze-data.cedar --project default -e prod --expect 3 --reason "Audit"',
  );
  act<PutOptions>(put, async (context, { parameters: [name = "", file = ""], options }) => {
    const text = await readPolicy(context, file);
    const place = readPlace(options, "policy put");
    const view = await context.client().policies.put(name, { text, ...expected(options), ...why(options) }, place);
    if (context.json) return context.terminal.json(view);
    showProblems(context, inFile(file, view.problems));
    context.terminal.say(`${safeLine(view.name)} of ${placeWord(view)} is at version ${view.version}.`);
  });

  const versions = placed(policy.command("versions").argument("<policy>")).description("Versions, newest first.");
  example(versions, "gantry policy versions freeze-data");
  act<PlaceOptions>(versions, async (context, { parameters: [name = ""], options }) => {
    const { items } = await context.client().policies.versions(name, readPlace(options, "policy versions"));
    printList(context, items, versionColumns, "No versions.");
  });

  const diff = placed(policy.command("diff").argument("<policy>").argument("[from]").argument("[to]")).description(
    "What changed between two versions; the newest two unless told.",
  );
  example(diff, "gantry policy diff freeze-data", "gantry policy diff freeze-data 1 3");
  act<PlaceOptions>(diff, async (context, { parameters: [name = "", from, to], options }) => {
    const range = {
      ...(from === undefined ? {} : { from: whole(from) }),
      ...(to === undefined ? {} : { to: whole(to) }),
    };
    const found = await context.client().policies.diff(name, { ...readPlace(options, "policy diff"), ...range });
    const { terminal } = context;
    if (context.json) return terminal.json(found);
    terminal.say(`${safeLine(name)}, version ${found.from} to ${found.to}`);
    const signs = { same: " ", removed: "-", added: "+" } as const;
    const colours = { removed: "red", added: "green" } as const;
    for (const { change, text } of found.lines) {
      const line = `${signs[change]} ${safeLine(text)}`;
      terminal.data(change === "same" ? line : terminal.paintData(colours[change], line));
    }
  });

  const restore = changing(placed(policy.command("restore").argument("<policy>").argument("<version>"))).description(
    "Make an old version the newest again; of a policy that was removed, too.",
  );
  example(restore, 'gantry policy restore freeze-data 2 --reason "The new one was too strict"');
  act<PutOptions>(restore, async (context, { parameters: [name = "", version = ""], options }) => {
    const reason = options.reason ?? `Version ${version} again`;
    const body = { version: whole(version), reason, ...expected(options) };
    const view = await context.client().policies.restore(name, body, readPlace(options, "policy restore"));
    if (context.json) return context.terminal.json(view);
    context.terminal.say(
      `${safeLine(view.name)} of ${placeWord(view)} is at version ${view.version}, which is ${version} again.`,
    );
  });

  const remove = changing(placed(policy.command("remove").argument("<policy>"))).description(
    "Remove a policy of one place. Its versions stay and can be restored.",
  );
  example(remove, 'gantry policy remove freeze-data --reason "The audit is over"');
  act<PutOptions>(remove, async (context, { parameters: [name = ""], options }) => {
    const place = readPlace(options, "policy remove");
    await context.client().policies.remove(name, { ...place, ...expected(options), ...why(options) });
    if (context.json) context.terminal.json({ removed: name });
    else context.terminal.say(`Removed ${safeLine(name)}.`);
  });

  const lint = placed(policy.command("lint").argument("<file...>", "Cedar; - for stdin")).description(
    "Check files without storing anything. Exits with 2 when one has errors.",
  );
  example(lint, "gantry policy lint freeze-data.cedar");
  act<PlaceOptions>(lint, (context, { parameters: files, options }) =>
    lintPolicies(context, { files, place: readPlace(options, "policy lint") }),
  );
  askingCommands(policy, act);
}

const whole = readWhole(1, 1_000_000);

/** `gantry policy test` and `gantry policy explain`: what policies say, without anything happening. */
function askingCommands(policy: Command, act: Act): void {
  const ask = () => import("../policy/ask.ts");
  const test = policy
    .command("test")
    .argument("<file>", "YAML or JSON: project, environment, cases")
    .description("Try cases out on the policies in force, and on drafts. Exits with 1 when one fails.")
    .option("--draft <name=file>", "as if this policy of the file's place were put; may be repeated", collect);
  example(test, "gantry policy test cases.yaml", "gantry policy test cases.yaml --draft freeze-data=freeze-data.cedar");
  act<{ draft?: string[] }>(test, async (context, { parameters: [file = ""], options }) =>
    (await ask()).testPolicies(context, file, options.draft ?? []),
  );

  const explain = placed(policy.command("explain").argument("<what>", "a run, or an action such as runs.create"))
    .description(
      "What policy says of a run, or of an actor's action at a place: the decision, what decided, and on what facts.",
    )
    .option("--actor <actor>", "who would do it; you unless told");
  example(
    explain,
    "gantry policy explain 0198c2f4",
    "gantry policy explain runs.create --actor approver --project default",
  );
  act<PlaceOptions & { actor?: string }>(explain, async (context, { parameters: [what = ""], options }) =>
    (await ask()).explainPolicy(context, what, { ...readPlace(options, "policy explain"), actor: options.actor }),
  );
}

function changing(command: Command): Command {
  return command
    .option("--expect <version>", "refuse unless it stands at this version; 0: there is none", readWhole(0, 1_000_000))
    .addOption(reasonOption());
}

const expected = ({ expect }: PutOptions) => (expect === undefined ? {} : { expectedVersion: expect });
const why = ({ reason }: PutOptions) => (reason === undefined ? {} : { reason });

const columns: Column<PolicyHead>[] = [
  { title: "POLICY", text: ({ name }) => name },
  { title: "OF", text: placeWord, give: 2 },
  { title: "VERSION", text: ({ version }) => String(version) },
  { title: "STATEMENTS", text: ({ statements }) => statements.map(statementText).join(", "), give: 1 },
  { title: "BY", text: ({ actor }) => actor, give: 3 },
];

function statementText({ id, approval }: PolicyHead["statements"][number]): string {
  return approval === null ? id : `${id} (${approval.count} of ${approval.group})`;
}

const versionColumns: Column<PolicyVersionView>[] = [
  { title: "VERSION", text: ({ version, current }) => (current ? `${version} (current)` : String(version)) },
  { title: "AT", text: ({ createdAt }) => createdAt, short: ({ createdAt }) => absolute(createdAt), give: 2 },
  { title: "BY", text: ({ actor }) => actor, give: 3 },
  {
    title: "WHAT",
    text: ({ removed, restoredFrom, reason }) =>
      [removed ? "removed" : restoredFrom === null ? "" : `${restoredFrom} again`, reason ?? ""]
        .filter(Boolean)
        .join(": "),
    give: 1,
  },
];
