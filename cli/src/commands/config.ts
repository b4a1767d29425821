import type { Command } from "commander";
import type { Act } from "../action.ts";
import type { Setting } from "../config.ts";
import { readUserFile, writeUserFile } from "../config/user-file.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { printServerConfiguration } from "../render/server-configuration.ts";
import type { Column } from "../render/table.ts";
import { example } from "./options.ts";

interface ShowOptions {
  showOrigin?: boolean;
}

interface SettingView {
  name: string;
  /** Null: not set, or the key, which isn't shown. */
  value: string | null;
  set: boolean;
  origin: string | null;
}

const settable = ["project", "environment"] as const;

/** `gantry config`: what the command line was told, by whom, and the defaults of the context in use. */
export function configCommands(program: Command, act: Act): void {
  const config = program.command("config").description("What the command line and the server were told, and by whom.");
  const originOption = ["--show-origin", "also where it was said"] as const;

  const get = config
    .command("get")
    .argument("[name]", "one of context, url, key, project, environment, data-dir, color, columns, ci; all unless told")
    .description("What is in effect. The key is never shown, only whether there is one.")
    .option(...originOption);
  example(get, "gantry config get environment", "gantry config get url --show-origin");
  act<ShowOptions>(get, async (context, { parameters: [name], options }) => {
    const all = settingsOf(context);
    if (name === undefined) return showAll(context, all, options);
    const one = all.find((setting) => setting.name === name);
    if (one === undefined)
      throw new UsageError(
        `There is no setting ${JSON.stringify(name)}; there is ${all.map((setting) => setting.name).join(", ")}.`,
        "gantry config list",
      );
    if (context.json) context.terminal.json(one);
    else if (!one.set) {
      context.terminal.say(`${name} isn't set.`);
      return "failed";
    } else context.terminal.data([shown(one), ...(options.showOrigin === true ? [one.origin] : [])].join("\t"));
    return "ok";
  });

  const list = config.command("list").description("Everything that is in effect.");
  act<ShowOptions>(list.option(...originOption), async (context, { options }) =>
    showAll(context, settingsOf(context), options),
  );

  const set = config
    .command("set")
    .argument("<name>", `one of ${settable.join(", ")}`)
    .argument("<value>")
    .description("A default of the context in use, from now on.");
  example(set, "gantry config set environment staging", "gantry config set project shop --context prod");
  act(set, async (context, { parameters: [name = "", value = ""] }) => {
    if (value === "") throw new UsageError("The value is empty.", `gantry config unset ${name}`);
    change(context, readName(name), value);
  });

  const unset = config.command("unset").argument("<name>", `one of ${settable.join(", ")}`);
  act(unset.description("Forget a default of the context in use."), async (context, { parameters: [name = ""] }) => {
    change(context, readName(name), undefined);
  });

  act(
    config.command("path").description("The user's file, which keeps contexts and their defaults."),
    async (context) => {
      const { userFile, projectFile = null } = context.config;
      if (context.json) context.terminal.json({ user: userFile, project: projectFile });
      else context.terminal.data(userFile);
    },
  );

  const server = config.command("server");
  act(
    server.description("What the server was told: every variable with its origin. Needs the scope admin:everywhere."),
    async (context) => printServerConfiguration(context, await context.client().configuration.get()),
  );
}

function settingsOf({ config }: Context): SettingView[] {
  const view = (name: string, setting: Setting<unknown> | undefined): SettingView => ({
    name,
    value: setting === undefined ? null : String(setting.value),
    set: setting !== undefined,
    origin: setting?.origin ?? null,
  });
  const surroundings = "flags and the environment";
  return [
    view("context", config.context),
    view("url", config.url),
    { name: "key", value: null, set: config.key !== undefined, origin: config.key?.origin ?? null },
    view("project", config.project),
    view("environment", config.environment),
    view("data-dir", config.dataDir),
    view("color", { value: config.color, origin: surroundings }),
    view("columns", config.columns === undefined ? undefined : { value: config.columns, origin: "COLUMNS" }),
    view("ci", { value: config.ci, origin: config.ci ? "CI" : "default" }),
  ];
}

function showAll(context: Context, all: readonly SettingView[], { showOrigin }: ShowOptions): void {
  const asked = context.json ? all : all.filter(({ set }) => set);
  printList(context, asked, showOrigin === true ? [...columns, from] : columns, "");
}

function shown({ name, value, set }: SettingView): string {
  return name === "key" && set ? "(not shown)" : (value ?? "");
}

const columns: Column<SettingView>[] = [
  { title: "NAME", text: ({ name }) => name },
  { title: "VALUE", text: shown, give: 1 },
];
const from: Column<SettingView> = { title: "FROM", text: ({ origin }) => origin ?? "", give: 2 };

function readName(name: string): (typeof settable)[number] {
  const found = settable.find((one) => one === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `${JSON.stringify(name)} can't be set here, only ${settable.join(" and ")}. Server and key belong to a context.`,
    "gantry context add <name> --url <url> --replace",
  );
}

function change({ config, terminal, json }: Context, name: (typeof settable)[number], value: string | undefined): void {
  const user = readUserFile(config.userFile);
  const { value: context } = config.context;
  const { [name]: _before, ...others } = user.contexts[context] ?? {};
  const changed = { ...others, ...(value === undefined ? {} : { [name]: value }) };
  writeUserFile(config.userFile, { ...user, contexts: { ...user.contexts, [context]: changed } });
  if (json) terminal.json({ context, name, value: value ?? null });
  else terminal.say(`${name} of context ${context} is ${value ?? "no longer set"}.`);
  const effective = config[name];
  const stillOther = effective !== undefined && !["default", `context ${context}`].includes(effective.origin);
  if (stillOther)
    terminal.say(`${terminal.paint("yellow", "warning:")} ${effective.origin} says ${effective.value}, and wins.`);
}
