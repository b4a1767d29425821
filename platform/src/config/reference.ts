import { z } from "zod";
import { neededBy, profiles } from "./profiles.ts";
import {
  profileNames,
  secretVariables,
  variableNames,
  Variables,
  type ProfileName,
  type Variable,
} from "./variables.ts";

/** `docs/reference/configuration.md`, which a test compares with this. */
export function renderConfigurationReference(): string {
  return [
    "# Configuration",
    "",
    "Gantry reads these variables when it starts, all of them before anything else, and says at once what is wrong with any. An empty one counts as",
    "not set. [The guide](../guide/configuration.md) shows how to use them.",
    "",
    "What is set wins in this order: flags of `gantry up`, the environment, the file that `GANTRY_CONFIG_FILE` names, the profile, the default.",
    "",
    `Secrets are ${[...secretVariables].map(code).join(", ")}. Their values are never shown, and each can be read from a`,
    "file that the same name with `_FILE` names, as Docker and Kubernetes mount secrets.",
    "",
    "## Profiles",
    "",
    "`GANTRY_PROFILE` says what an installation is. A profile is a set of defaults; [examples](env/) have all of them.",
    "",
    ...profileNames.map((name) => `- [\`${name}\`](env/${name}.env): ${profiles[name].for}.`),
    "",
    ...renderDefaults(),
    "",
    ...variableNames.flatMap((name) => [`## \`${name}\``, "", described(name), "", valuesOf(name), ""]),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

/** `docs/reference/env/<profile>.env`: what the profile needs, and every other variable with what it is there. */
export function renderExample(profile: ProfileName): string {
  const values = defaultsIn(profile);
  const needed = neededBy(profiles[profile], (name) => values[name]);
  const blocks = variableNames
    .filter((name) => !["GANTRY_PROFILE", "GANTRY_CONFIG_FILE", "GANTRY_CRASH_AT"].includes(name))
    .map((name) => {
      const need = needed[name];
      const line = need === undefined ? `# ${name}=${quoted(values[name] ?? "")}` : `${name}=${quoted(need.example)}`;
      const why = need === undefined ? [] : [`# Must be set: ${need.why}.`];
      return [...wrap(described(name).replaceAll("`", "")), ...why, line].join("\n");
    });
  const opening = [
    `# Gantry, profile ${profile}: for ${profiles[profile].for}.`,
    "# Start it with GANTRY_CONFIG_FILE naming this file. What is commented out is the default there.",
    `GANTRY_PROFILE=${profile}`,
  ].join("\n");
  return `${[opening, ...blocks].join("\n\n")}\n`;
}

/** Of variables that say something, or must, in any profile. */
function renderDefaults(): string[] {
  const columns = profileNames.map((profile) => {
    const values = defaultsIn(profile);
    const needed = neededBy(profiles[profile], (name) => values[name]);
    return (name: Variable): string => {
      if (needed[name] !== undefined) return "must be set";
      const value = name === "GANTRY_PROFILE" ? profile : values[name];
      return value === undefined || value === "" ? "" : code(value);
    };
  });
  const rows = variableNames
    .map((name) => [code(name), ...columns.map((column) => column(name))])
    .filter((row) => row.slice(1).some((cell) => cell !== "" && cell.length < 40));
  return table([["Variable", ...profileNames], ...rows]);
}

function defaultsIn(profile: ProfileName): Partial<Record<Variable, string>> {
  const values: Partial<Record<Variable, string>> = {};
  for (const name of variableNames) {
    const value = profiles[profile].defaults[name] ?? fallbackOf(name);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function fallbackOf(name: Variable): string | undefined {
  const { default: value } = property(name);
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function described(name: Variable): string {
  return property(name).description ?? "";
}

function valuesOf(name: Variable): string {
  const { enum: choices, minimum, maximum } = property(name);
  const fallback = fallbackOf(name) ?? "";
  const values = choices
    ? `one of ${choices.map((choice) => code(String(choice))).join(", ")}`
    : minimum !== undefined && maximum !== undefined
      ? `${minimum} to ${maximum}`
      : "text";
  const file = secretVariables.has(name) ? ` A secret: \`${name}_FILE\` names a file with it.` : "";
  return `Values: ${values}.${fallback === "" ? "" : ` Default: ${code(fallback)}.`}${file}`;
}

function property(name: Variable): z.core.JSONSchema.BaseSchema {
  const one = properties[name];
  if (one === undefined || typeof one === "boolean") throw new Error(`${name} has no schema`);
  return one;
}
const { properties = {} } = z.toJSONSchema(Variables, { io: "output" });

function code(text: string): string {
  return `\`${text}\``;
}

function quoted(value: string): string {
  return /[\s#'"]/.test(value) ? `"${value}"` : value;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)];
}

/** Comments of at most 100 columns. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length > 99) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
