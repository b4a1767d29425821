import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import envPaths from "env-paths";
import { z } from "zod";
import { ConfigFileInvalidError, FileUnreadableError, KeyMissingError, UsageError } from "./errors.ts";

/** A value and where it came from: `gantry doctor` shows both. */
export interface Setting<Value> {
  value: Value;
  origin: string;
}

/** What the command line was told, by flags, the environment and files; the first that says something wins. */
export interface Config {
  url: Setting<string>;
  /** Undefined: none was found; `searched` says where. */
  key: Setting<string> | undefined;
  searched: readonly string[];
  project: Setting<string>;
  environment: Setting<string> | undefined;
  dataDir: Setting<string>;
  color: "always" | "never" | "auto";
  dumb: boolean;
  /** Undefined: as wide as the terminal is. */
  columns: number | undefined;
  /** No redrawing there, whatever the streams say. */
  ci: boolean;
  /** For processes that the command line starts. */
  processEnvironment: Readonly<Record<string, string | undefined>>;
}

export interface Flags {
  url?: string | undefined;
  key?: string | undefined;
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
 * Flag, then environment, then the project's `.gantry.json`, then the user's file, then what a server on this machine
 * left in its data directory, then a default.
 *
 * A key is only ever used for the server that it was given with: one from the user's file goes with the URL there, the
 * local administrator's with the local server. And a project's file can't name a server: whoever wrote a repository would
 * decide where the keys of those go who clone it.
 *
 * @throws {ConfigFileInvalidError} @throws {FileUnreadableError} @throws {UsageError}
 */
export function resolveConfig(
  flags: Flags,
  environment: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Config {
  const variable = (name: string): string | undefined => environment[name] || undefined;
  const userFile = path.join(configDirectory(environment), "config.json");
  const user = readFile(userFile, UserFile);
  const projectFile = findProjectFile(cwd);
  const project = projectFile === undefined ? undefined : readFile(projectFile, ProjectFile);
  const dataDir = first<string>([
    [flags.dataDir, "--data-dir"],
    [variable("GANTRY_DATA_DIR"), "GANTRY_DATA_DIR"],
    [dataDirectory(environment), "default"],
  ]);
  const directory = path.resolve(cwd, dataDir.value);
  const serverFile = path.join(directory, "server.json");
  const keyFile = path.join(directory, "administrator-key");
  const local = readFile(serverFile, ServerFile)?.url ?? `http://127.0.0.1:${portOf(variable("GANTRY_PORT"))}`;

  const url = first<string>([
    [flags.url, "--url"],
    [variable("GANTRY_URL"), "GANTRY_URL"],
    [user?.url, userFile],
    [local, serverFile],
  ]);
  checkUrl(url);
  const own = (other: string | undefined): boolean => other !== undefined && sameServer(other, url.value);
  const key = firstOf<string>([
    [flags.key, "--key"],
    [variable("GANTRY_KEY"), "GANTRY_KEY"],
    [own(user?.url) ? user?.key : undefined, userFile],
    [own(local) ? readText(keyFile)?.trim() : undefined, keyFile],
  ]);
  return {
    url,
    key: key?.value === "" ? undefined : key,
    searched: ["--key", "GANTRY_KEY", userFile, ...(own(local) ? [keyFile] : [])],
    project: first<string>([
      [flags.project, "--project"],
      [variable("GANTRY_PROJECT"), "GANTRY_PROJECT"],
      [project?.project, projectFile ?? ""],
      ["default", "default"],
    ]),
    environment: firstOf<string>([
      [flags.environment, "--environment"],
      [variable("GANTRY_ENVIRONMENT"), "GANTRY_ENVIRONMENT"],
      [project?.environment, projectFile ?? ""],
    ]),
    dataDir: { ...dataDir, value: directory },
    color: colorOf(flags, environment),
    dumb: environment["TERM"] === "dumb",
    columns: columnsOf(variable("COLUMNS")),
    ci: variable("CI") !== undefined && environment["CI"] !== "false",
    processEnvironment: environment,
  };
}

/** @throws {KeyMissingError} */
export function requireKey(config: Config): string {
  if (config.key === undefined) throw new KeyMissingError(config.url.value, config.searched);
  return config.key.value;
}

/** Every variable that the command line reads; the reference page lists them. */
export const variables: Readonly<Record<string, string>> = {
  GANTRY_URL: "Address of the server.",
  GANTRY_KEY: "API key.",
  GANTRY_PROJECT: "Project of runs, plans and environments; `default` unless set.",
  GANTRY_ENVIRONMENT: "Environment of runs and plans.",
  GANTRY_DATA_DIR: "Data directory of a server on this machine: its address and first key are found there.",
  GANTRY_PORT: "Port of a server on this machine that left no address in its data directory.",
  NO_COLOR: "Not empty: no colour.",
  FORCE_COLOR: "Not empty and not `0`: colour also in a pipe.",
  TERM: "`dumb`: no colour and no redrawing.",
  COLUMNS: "Width of texts where the output isn't a terminal; 80 unless set.",
  CI: "Not empty and not `false`: progress is a line per change of state, also on a terminal.",
};

const UserFile = z.strictObject({ url: z.string().optional(), key: z.string().optional() });
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

function readFile<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigFileInvalidError(file, "it isn't JSON.", { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new ConfigFileInvalidError(file, parsed.error.issues.map(({ message }) => message).join("; "));
  return parsed.data;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return undefined;
    throw new FileUnreadableError(file, (cause as Error).message, { cause });
  }
}
