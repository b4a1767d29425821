import { homedir } from "node:os";
import path from "node:path";
import envPaths from "env-paths";
import { z } from "zod";
import { keyOf, type KeySource } from "./config/key.ts";
import { localContext, readJson, readText, readUserFile, type ServerContext } from "./config/user-file.ts";
import { ContextUnknownError, KeyMissingError, UsageError } from "./errors.ts";

/** A value and where it came from: `gantry doctor` shows both. */
export interface Setting<Value> {
  value: Value;
  origin: string;
}

/** What the command line was told, by flags, the environment and files; the first that says something wins. */
export interface Config {
  context: Setting<string>;
  url: Setting<string>;
  /** False: nobody named a server, it is the one on this machine. */
  named: boolean;
  /** Undefined: none was found; `searched` says where. */
  key: KeySource | undefined;
  searched: readonly string[];
  /** Of the authority that vouches for the server, besides those that the system knows. */
  caFile: string | undefined;
  project: Setting<string>;
  environment: Setting<string> | undefined;
  dataDir: Setting<string>;
  color: "always" | "never" | "auto";
  dumb: boolean;
  /** Undefined: as wide as the terminal is. */
  columns: number | undefined;
  /** No redrawing there, whatever the streams say. */
  ci: boolean;
  /** Whether a window could open where this runs. */
  display: boolean;
  /** Where contexts are kept, and the project's file, if there is one. */
  userFile: string;
  projectFile: string | undefined;
  /** For processes that the command line starts. */
  processEnvironment: Readonly<Record<string, string | undefined>>;
}

export interface Flags {
  url?: string | undefined;
  key?: string | undefined;
  context?: string | undefined;
  color?: boolean | undefined;
  project?: string | undefined;
  environment?: string | undefined;
  dataDir?: string | undefined;
}

/** The only reader of the environment. */
export function readConfig(flags: Flags, cwd: string = process.cwd()): Config {
  return resolveConfig(flags, process.env, cwd);
}

/**
 * Flag, then environment, then the project's `.gantry.json`, then the context in use, then what a server on this machine left in
 * its data directory, then a default. A context that is named by a flag or a variable ranks where it was named: who types
 * `--context prod` means it, whatever variables say.
 *
 * A key is only ever used for the server that it was given with: a context's goes with its URL, the local administrator's
 * with the local server. And a project's file can't name a server or a context: whoever wrote a repository would decide
 * where the keys of those go who clone it.
 *
 * @throws {ConfigFileInvalidError} @throws {ContextUnknownError} @throws {FileUnreadableError} @throws {UsageError}
 */
export function resolveConfig(
  flags: Flags,
  environment: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Config {
  const variable = (name: string): string | undefined => environment[name] || undefined;
  const userFile = path.join(configDirectory(environment), "config.json");
  const user = readUserFile(userFile);
  const projectFile = findProjectFile(cwd);
  const project = projectFile === undefined ? undefined : readJson(projectFile, ProjectFile);
  const dataDir = first<string>([
    [flags.dataDir, "--data-dir"],
    [variable("GANTRY_DATA_DIR"), "GANTRY_DATA_DIR"],
    [dataDirectory(environment), "default"],
  ]);
  const directory = path.resolve(cwd, dataDir.value);
  const serverFile = path.join(directory, "server.json");
  const keyFile = path.join(directory, "administrator-key");
  const local = readJson(serverFile, ServerFile)?.url ?? `http://127.0.0.1:${portOf(variable("GANTRY_PORT"))}`;

  const context = first<string>([
    [flags.context, "--context"],
    [variable("GANTRY_CONTEXT"), "GANTRY_CONTEXT"],
    [user.current, userFile],
    [localContext, "default"],
  ]);
  const isLocal = context.value === localContext;
  const stored = Object.hasOwn(user.contexts, context.value) ? user.contexts[context.value] : undefined;
  if (stored === undefined && !isLocal)
    throw new ContextUnknownError(context.value, context.origin, [localContext, ...Object.keys(user.contexts)]);
  const chosen: ServerContext = { ...stored, ...(isLocal ? { url: local, keyFile } : {}) };
  const ofContext = `context ${context.value}`;
  const origin = isLocal ? serverFile : ofContext;
  /** The context, where it was named in that way. */
  const by = (named: "--context" | "GANTRY_CONTEXT" | "file"): ServerContext =>
    (["--context", "GANTRY_CONTEXT"].includes(context.origin) ? context.origin : "file") === named ? chosen : {};

  const url = first<string>([
    [flags.url, "--url"],
    [by("--context").url, origin],
    [variable("GANTRY_URL"), "GANTRY_URL"],
    [by("GANTRY_CONTEXT").url, origin],
    [chosen.url, origin],
    [local, serverFile],
  ]);
  checkUrl(url);
  const goesThere = (other: string | undefined): boolean => other !== undefined && sameServer(other, url.value);
  const given = (value: string | undefined, from: string): KeySource | undefined =>
    value === undefined ? undefined : { origin: from, read: () => value };
  // The administrator's key of this machine isn't asked for: it is there or it isn't.
  const ofThisMachine = goesThere(local) ? given(readText(keyFile)?.trim() || undefined, keyFile) : undefined;
  const keyBy = (named: Parameters<typeof by>[0]): KeySource | undefined => {
    if (!goesThere(by(named).url)) return undefined;
    return isLocal ? ofThisMachine : keyOf(by(named), origin, environment);
  };
  const key =
    given(flags.key, "--key") ??
    keyBy("--context") ??
    given(variable("GANTRY_KEY"), "GANTRY_KEY") ??
    keyBy("GANTRY_CONTEXT") ??
    keyBy("file") ??
    ofThisMachine;
  const place = (name: "project" | "environment"): readonly Candidate<string>[] => [
    [flags[name], `--${name}`],
    [by("--context")[name], ofContext],
    [variable(`GANTRY_${name.toUpperCase()}`), `GANTRY_${name.toUpperCase()}`],
    [by("GANTRY_CONTEXT")[name], ofContext],
    [project?.[name], projectFile ?? ""],
    [chosen[name], ofContext],
  ];
  return {
    context,
    url,
    named: url.origin !== serverFile,
    key,
    caFile: variable("GANTRY_CA_FILE") ?? (goesThere(chosen.url) ? chosen.caFile : undefined),
    searched: ["--key", "GANTRY_KEY", isLocal ? keyFile : origin],
    project: first<string>([...place("project"), ["default", "default"]]),
    environment: firstOf<string>(place("environment")),
    dataDir: { ...dataDir, value: directory },
    color: colorOf(flags, environment),
    dumb: environment["TERM"] === "dumb",
    columns: columnsOf(variable("COLUMNS")),
    ci: variable("CI") !== undefined && environment["CI"] !== "false",
    display: displayOf(environment),
    userFile,
    projectFile,
    processEnvironment: environment,
  };
}

/** @throws {KeyMissingError} */
export function requireKey(config: Config): string {
  if (config.key === undefined) throw new KeyMissingError(config.url.value, config.searched);
  const key = config.key.read();
  if (key === "") throw new KeyMissingError(config.url.value, [config.key.origin]);
  return key;
}

/** Every variable that the command line reads; the reference page lists them. */
export const variables: Readonly<Record<string, string>> = {
  GANTRY_URL: "Address of the server.",
  GANTRY_KEY: "API key.",
  GANTRY_CA_FILE:
    "File with the certificates (PEM) of the authority that vouches for the server, where the system doesn't know it.",
  GANTRY_CONTEXT: "Context: a server with its key and defaults, as `gantry context list` shows them.",
  GANTRY_PROJECT: "Project of runs, plans and environments; `default` unless set.",
  GANTRY_ENVIRONMENT: "Environment of runs and plans.",
  GANTRY_DATA_DIR: "Data directory of a server on this machine: its address and first key are found there.",
  GANTRY_PORT: "Port of a server on this machine that left no address in its data directory.",
  NO_COLOR: "Not empty: no colour.",
  FORCE_COLOR: "Not empty and not `0`: colour also in a pipe.",
  TERM: "`dumb`: no colour and no redrawing.",
  COLUMNS: "Width of texts where the output isn't a terminal; 80 unless set.",
  DISPLAY:
    "With `WAYLAND_DISPLAY` and `BROWSER`: whether `gantry open` can open a window; elsewhere it prints the address.",
  CI: "Not empty and not `false`: progress is a line per change of state, also on a terminal.",
};

const ProjectFile = z.strictObject({ project: z.string().optional(), environment: z.string().optional() });
const ServerFile = z.object({ url: z.string() });

type Candidate<Value> = readonly [Value | undefined, string];

function firstOf<Value>(candidates: readonly Candidate<Value>[]): Setting<Value> | undefined {
  for (const [value, origin] of candidates) if (value !== undefined) return { value, origin };
  return undefined;
}

/** For lists that end with a default. */
function first<Value>(candidates: readonly [...Candidate<Value>[], readonly [Value, string]]): Setting<Value> {
  const [value, origin] = candidates[candidates.length - 1] as readonly [Value, string];
  return firstOf(candidates) ?? { value, origin };
}

function checkUrl({ value, origin }: Setting<string>): void {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return;
  throw new UsageError(
    `${JSON.stringify(value)} (from ${origin}) isn't the address of a server; write it like http://127.0.0.1:4680.`,
  );
}

function sameServer(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;
}

/** https://no-color.org; FORCE_COLOR as Node reads it. */
function colorOf(flags: Flags, environment: Readonly<Record<string, string | undefined>>): Config["color"] {
  if (flags.color === false) return "never";
  const force = environment["FORCE_COLOR"];
  if (force !== undefined && force !== "") return force === "0" || force === "false" ? "never" : "always";
  return environment["NO_COLOR"] ? "never" : "auto";
}

/** Over SSH there is none, unless it was forwarded. */
function displayOf(environment: Readonly<Record<string, string | undefined>>): boolean {
  if (process.platform === "darwin") return !environment["SSH_CONNECTION"];
  return ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"].some((name) => environment[name]);
}

/** What is no port the server itself complains about. */
function portOf(text: string | undefined): string {
  return text !== undefined && /^[1-9]\d{0,4}$/.test(text) ? text : "4680";
}

function columnsOf(text: string | undefined): number | undefined {
  const columns = Number(text);
  return Number.isInteger(columns) && columns >= 20 ? columns : undefined;
}

function configDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  return under(environment, "XDG_CONFIG_HOME", ".config") ?? envPaths("gantry", { suffix: "" }).config;
}

function dataDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  return under(environment, "XDG_DATA_HOME", ".local/share") ?? envPaths("gantry", { suffix: "" }).data;
}

/** As env-paths says for Linux, but by the environment that was handed in. */
function under(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback: string,
): string | undefined {
  if (process.platform !== "linux") return undefined;
  return path.join(environment[name] || path.join(environment["HOME"] || homedir(), fallback), "gantry");
}

/** The nearest `.gantry.json` at or above a directory. */
function findProjectFile(directory: string): string | undefined {
  const file = path.join(directory, ".gantry.json");
  if (readText(file) !== undefined) return file;
  const parent = path.dirname(directory);
  return parent === directory ? undefined : findProjectFile(parent);
}
