import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { nearest } from "../lib/distance.ts";
import { parseEnvFile } from "./env-file.ts";
import { secretVariables, variableNames, type Variable } from "./variables.ts";

export type Source = "environment" | "file";

export interface Given {
  value: string;
  source: Source;
  /** For people: which line of which file. */
  origin: string;
}

/** What is wrong with one variable. Never its value: also one that is no secret may hold one by mistake. */
export interface Problem {
  variable: string;
  message: string;
  origin: string | null;
}

export interface Gathered {
  given: ReadonlyMap<Variable, Given>;
  /** The files that were read: they hold secrets. */
  files: readonly string[];
  problems: readonly Problem[];
  /** What has no effect although somebody wrote it down. */
  warnings: readonly string[];
}

type Texts = Readonly<Record<string, string | undefined>>;
/** One place where variables are set. */
type Layer = readonly { name: string; value: string; source: Source; origin: string }[];

/** Kubernetes sets these for a Service named `gantry`; Gantry tells the first ones to what it deploys. */
const notMeant =
  /^GANTRY_(SERVICE|RELEASE|COMMIT|VERSION|DEPLOYED|ATTEMPT_ID|EXECUTION_ID|SERVICE_(HOST|PORT)(_.*)?|PORT_\d+_.*)$/;
const ofTheCommandLine = ["GANTRY_KEY", "GANTRY_CA_FILE", "GANTRY_PROJECT", "GANTRY_ENVIRONMENT", "GANTRY_CONTEXT"];
const known: ReadonlySet<string> = new Set<string>(variableNames);
const secretFiles = new Map([...secretVariables].map((name) => [`${name}_FILE`, name]));
/** Those that are read again while we run are variables themselves; all others are read here. */
const readHere = (name: string): Variable | undefined => (known.has(name) ? undefined : secretFiles.get(name));

/** The values that were set, each once and with its origin: the environment wins over the file that it names. */
export function gather(environment: Texts): Gathered {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const files: string[] = [];
  const given = new Map<Variable, Given>();
  const findings = { problems, warnings, files };
  const take = (layer: Layer): void => {
    const taken = readLayer(layer, findings);
    const settled = new Set<string>([...given.keys()].flatMap((name) => [name, otherForm(name)]));
    for (const [name, value] of taken) if (!settled.has(name)) given.set(name, value);
  };
  take(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith("GANTRY_") && value !== undefined && value !== ""
        ? [{ name, value, source: "environment", origin: "environment" } as const]
        : [],
    ),
  );
  const file = given.get("GANTRY_CONFIG_FILE");
  if (file !== undefined) take(readConfigFile(path.resolve(file.value), findings));
  return { given, ...findings };
}

/** A secret may be named as it is or by its file; whichever the environment has wins over both in the file. */
function otherForm(name: string): string {
  return name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : `${name}_FILE`;
}

interface Findings {
  problems: Problem[];
  warnings: string[];
  files: string[];
}

function readLayer(layer: Layer, { problems, warnings, files }: Findings): Map<Variable, Given> {
  const taken = new Map<Variable, Given>();
  const add = (name: Variable, one: Given): void => {
    const other = taken.get(name);
    if (other !== undefined)
      problems.push({ variable: name, message: `is set twice, also by ${other.origin}; keep one`, origin: one.origin });
    else taken.set(name, one);
  };
  for (const { name, value, source, origin } of layer) {
    const secret = readHere(name);
    if (secretFiles.has(name)) files.push(path.resolve(value));
    if (known.has(name)) add(name as Variable, { value, source, origin });
    else if (secret === undefined) warnings.push(...unknownName(name, origin));
    else {
      const content = readSecretFile(value);
      if (typeof content !== "string") problems.push({ variable: name, message: content.why, origin });
      else if (content !== "") add(secret, { value: content, source, origin: `${name} (${origin})` });
    }
  }
  return taken;
}

function unknownName(name: string, origin: string): string[] {
  if (notMeant.test(name) || ofTheCommandLine.includes(name)) return [];
  if (!name.startsWith("GANTRY_"))
    return [`${name} (${origin}) isn't a variable of Gantry and has no effect there; set it in the environment.`];
  const near = nearest(name, [...known, ...secretFiles.keys(), ...ofTheCommandLine]);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  return [`${name} (${origin}) isn't a variable of Gantry and has no effect.${hint}`];
}

function readSecretFile(file: string): string | { why: string } {
  try {
    // As editors and `echo` leave it, with a line end.
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    return { why: `names a file that can't be read: ${reasonOf(error)}` };
  }
}

function readConfigFile(file: string, { problems, warnings, files }: Findings): Layer {
  const variable = "GANTRY_CONFIG_FILE";
  files.push(file);
  const problem = (message: string): void => void problems.push({ variable, message, origin: file });
  try {
    const { entries, unreadable } = parseEnvFile(readFileSync(file, "utf8"));
    const { mode } = statSync(file);
    // Whoever may write there decides which code runs here.
    if ((mode & 0o002) !== 0) problem(`everybody may write to that file; chmod o-w ${file}`);
    if ((mode & 0o004) !== 0 && entries.some(({ name }) => known.has(name) && secretVariables.has(name as Variable)))
      warnings.push(`${file} holds a secret and everybody may read it; chmod 600 it.`);
    for (const line of unreadable) problem(`line ${line} isn't NAME=value`);
    return entries.flatMap(({ name, value, line }) => {
      if (name === variable) problem(`line ${line} names another file, which isn't read`);
      return value === "" || name === variable ? [] : [{ name, value, source: "file", origin: `${file}:${line}` }];
    });
  } catch (error) {
    problem(`that file can't be read: ${reasonOf(error)}`);
    return [];
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    ENOENT: "there is none",
    EACCES: "this process may not",
    EISDIR: "it is a folder",
  };
  return words[code ?? ""] ?? code ?? "unknown error";
}
