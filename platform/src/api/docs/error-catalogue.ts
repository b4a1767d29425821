import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { refusalStatus, statusCodeOf } from "../http/status-code.ts";

/** An error code of this repository, with what its source says of it. */
export interface KnownError {
  code: string;
  /** Where people meet it. */
  places: readonly string[];
  /** Null: it is never an answer of the API. */
  status: number | null;
  /** Who has to act; null where only the situation tells. */
  fault: string | null;
  /** Whether the same may succeed later by itself; null where the situation tells. */
  retryable: boolean | null;
}

interface Found {
  place: string;
  fault: string | null;
  retryable: boolean | null;
  /** A command that the run's owner refuses. */
  refusal?: boolean;
}

interface ErrorClass {
  name: string;
  file: string;
  parent: string;
  body: string;
}

/** Every code that our sources raise: by classes (`code = "…"`), as data (`code: "…"`), and as refusals of the core. */
export async function readErrorCatalogue(root: string): Promise<KnownError[]> {
  const files = (await Promise.all((await folders(root)).map((folder) => sources(root, folder)))).flat();
  const found = new Map<string, Found[]>();
  const add = (code: string, one: Found) => found.set(code, [...(found.get(code) ?? []), one]);
  const classes: ErrorClass[] = [];
  for (const { file, text } of files) {
    for (const [, name = "", parent = "", body = ""] of text.matchAll(/class (\w+) extends (\w+)[^{]*\{([^]*?)\n\}/g))
      classes.push({ name, file, parent, body });
  }
  for (const one of classes) {
    const code = /\bcode(?:: string)? = "([a-z][a-z0-9_]*)"/.exec(one.body)?.[1];
    if (code !== undefined) add(code, { place: placeOf(one.file), ...traitsOf(one, classes) });
  }
  for (const { file, text } of files) {
    for (const match of text.matchAll(/\bcode: "([a-z][a-z0-9_]*)"/g)) {
      const [, code = ""] = match;
      const near = /\bretryable: (true|false)\b/.exec(text.slice(match.index, match.index + 400))?.[1];
      if (!notOurs.has(code)) add(code, { place: placeOf(file), fault: null, retryable: near === "true" });
    }
    for (const [, code = ""] of text.matchAll(/\brefusal\(\s*"([a-z][a-z0-9_]*)"/g))
      add(code, { place: "API", fault: "user", retryable: false, refusal: true });
  }
  return [...found].map(([code, all]) => known(code, all)).toSorted((a, b) => (a.code < b.code ? -1 : 1));
}

/** `docs/reference/errors.md`, from the catalogue and the first sentence of each code's page; a test compares it. */
export function renderErrorReference(errors: readonly KnownError[], sentences: ReadonlyMap<string, string>): string {
  const rows = errors.map(({ code, places, status, fault, retryable }) => [
    `[${code}](../errors/${code}.md)`,
    places.join(", "),
    String(status ?? ""),
    fault ?? "",
    retryable === null ? "depends" : retryable ? "yes" : "no",
    sentences.get(code) ?? "",
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return `${[
    "# Errors",
    "Every error has a stable code, says what happened, to what, and what to do next. The API answers with a problem (RFC 9457) whose `type` is the address of the code's page; runs and attempts carry code, message and `retryable` in their events; the command line prints the code last and tells what became of a run by its [exit code](exit-codes.md).",
    "**Where** is where people meet it. **HTTP** is the status when the API answers with it. **Fault** is who has to act: who called (`user`), who operates the installation (`operational`), or who wrote the code (`bug`); it is empty for errors that only the run knows. **Again** says whether the same may succeed later by itself.",
    [
      line(["Code", "Where", "HTTP", "Fault", "Again", "What happened"]),
      line(Array(6).fill("---")),
      ...rows.map(line),
    ].join("\n"),
  ].join("\n\n")}\n`;
}

/** zod's own word for issues that our schemas add. */
const notOurs = new Set(["custom"]);

function known(code: string, all: readonly Found[]): KnownError {
  // A class says most; data of the same code is that error on its way through.
  const best = all.find(({ fault }) => fault !== null) ?? all[0];
  const { fault = null, retryable = null } = best ?? {};
  const places = [...new Set(all.map(({ place }) => place))].toSorted();
  const answered = places.some((place) => place === "API" || place === "server");
  const status = all.some(({ refusal }) => refusal)
    ? refusalStatus(code)
    : statusCodeOf({ code, retryable: retryable ?? false, fault: (fault ?? "user") as "user" });
  return { code, places, status: answered ? status : null, fault, retryable };
}

function traitsOf(of: ErrorClass, classes: readonly ErrorClass[]): Pick<Found, "fault" | "retryable"> {
  const parentOf = ({ parent, file }: ErrorClass) =>
    classes.find((one) => one.name === parent && one.file === file) ?? classes.find(({ name }) => name === parent);
  const own = (pattern: RegExp, one: ErrorClass | undefined): string | undefined =>
    one === undefined ? undefined : (pattern.exec(one.body)?.[1] ?? own(pattern, parentOf(one)));
  const fault = own(/\breadonly fault(?:: Fault)? = "(\w+)"/, of);
  const retryable = own(/\breadonly retryable(?:: boolean)?( = true| = false|;)/, of);
  return {
    fault: fault ?? "user",
    retryable: retryable === undefined ? false : retryable === ";" ? null : retryable === " = true",
  };
}

const placesByFolder: readonly (readonly [string, string])[] = [
  ["cli/", "command line"],
  ["sdk/src/runbook-file/", "runbook file"],
  ["sdk/src/testing/", "tests"],
  ["sdk/src/conformance/", "tests"],
  ["sdk/src/core/command", "API"],
  ["sdk/src/core/", "run"],
  ["sdk/src/tool", "run"],
  ["sdk/src/meter", "run"],
  ["sdk/src/client/", "client"],
  ["sdk/", "API"],
  ["platform/src/config", "start"],
  ["platform/src/boot/", "start"],
  ["platform/src/postgres/", "start"],
  ["platform/src/catalog/", "start"],
  ["platform/src/exec/", "run"],
  ["platform/src/runner/", "run"],
  ["platform/src/engine/", "run"],
  ["platform/src/domain/limits/", "run"],
  ["platform/src/api/", "API"],
  ["platform/src/store/", "API"],
  ["platform/src/runbooks/", "API"],
  ["platform/", "server"],
];

function placeOf(file: string): string {
  const agent = /^agents\/([^/]+)\//.exec(file)?.[1];
  if (agent !== undefined) return `agent ${agent}`;
  return placesByFolder.find(([start]) => file.startsWith(start))?.[1] ?? "server";
}

async function folders(root: string): Promise<string[]> {
  const agents = (await readdir(join(root, "agents"))).map((name) => `agents/${name}/src`);
  return ["sdk/src", "platform/src", "cli/src", ...agents];
}

async function sources(root: string, folder: string): Promise<{ file: string; text: string }[]> {
  const entries = await readdir(join(root, folder), { recursive: true });
  const files = entries.filter((name) => /(?<!\.test|\.d)\.ts$/.test(name)).map((name) => join(folder, name));
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(join(root, file), "utf8") })));
}
