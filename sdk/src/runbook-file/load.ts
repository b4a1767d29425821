import { digestOfBytes, type Digest } from "../json.ts";
import type { Deprecation, Runbook } from "../runbook.ts";
import { compileRunbook } from "./compile.ts";
import { checkDeclarations } from "./check-declarations.ts";
import { byPlace, hasErrors, maximumProblems, type Finding, type RunbookProblem } from "./problem.ts";
import { findingOf, readSteps } from "./read-steps.ts";
import { readYaml, type YamlDocument } from "./read-yaml.ts";
import type { TestCase } from "./schema.ts";
import { shapeOf, type Shape } from "./shape.ts";
import { didYouMean } from "./suggest.ts";
import { readText } from "./template.ts";
import { parseReference } from "./versions.ts";

/** A file with a runbook in it. */
export interface RunbookSource {
  /** Its name in messages. */
  file: string;
  text: string;
  /** Said of it later than in the text, as of a published version. */
  deprecated?: Deprecation | null;
}

/** What there is besides the files themselves. */
export interface Surroundings {
  /** Names of the tools; undefined where nobody can know them, as without a server. */
  readonly tools?: ReadonlySet<string> | undefined;
  /** A runbook that is no file of these, in exactly this version. */
  runbook(name: string, version: string): Runbook | undefined;
  /** The versions that there are of a runbook, for messages. */
  versions(name: string): readonly string[];
}

export interface LoadedRunbook {
  readonly file: string;
  readonly name: string;
  readonly version: string;
  /** Of the file's bytes, as `sha256sum` gives it. */
  readonly digest: Digest;
  readonly text: string;
  readonly shape: Shape;
  readonly tests: readonly TestCase[];
  /** Undefined where the file has errors. */
  readonly runbook: Runbook | undefined;
}

export interface Loaded {
  readonly runbooks: readonly LoadedRunbook[];
  /** All of all files, by place. */
  readonly problems: readonly RunbookProblem[];
}

/** Without a server nothing is known but the files. */
export const nothingKnown: Surroundings = { runbook: () => undefined, versions: () => [] };

/**
 * Reads runbooks from files that may include each other. Whatever the files hold: nothing is thrown, all problems come
 * back, each with its place. A runbook without errors works like one that is written in TypeScript.
 */
export function loadRunbooks(sources: readonly RunbookSource[], around: Surroundings = nothingKnown): Loaded {
  const files = sources.map((source) => openFile(source));
  const byName = new Map<string, Opened[]>();
  for (const file of files) {
    if (!file.shape?.head) continue;
    const { name, version } = file.shape.head;
    const same = byName.get(name) ?? [];
    const twin = same.find((one) => one.shape?.head?.version === version);
    if (twin) {
      const message = `${name}@${version} stands in ${twin.source.file} too.`;
      file.report({
        code: "runbook_version_duplicate",
        message,
        hint: "Give one of them another version.",
        path: ["version"],
      });
    }
    byName.set(name, [...same, file]);
  }
  for (const file of files) loadFile(file, { around, byName, path: [] });
  return {
    runbooks: files.flatMap((file) => (file.shape?.head ? [loadedOf(file, file.shape, file.shape.head)] : [])),
    problems: files.flatMap(({ problems }) => problems).toSorted(byPlace),
  };
}

interface Opened {
  readonly source: RunbookSource;
  readonly document: YamlDocument;
  readonly shape: Shape | undefined;
  readonly problems: RunbookProblem[];
  report(finding: Finding): void;
  state: "open" | "loading" | "loaded";
  runbook: Runbook | undefined;
}

function openFile(source: RunbookSource): Opened {
  const document = readYaml(source.file, source.text);
  const problems = [...document.problems];
  const report = (finding: Finding): void => {
    if (problems.length < maximumProblems) problems.push(document.locate(finding));
  };
  const shape = document.value === undefined ? undefined : shapeOf(document.value, report);
  return { source, document, shape, problems, report, state: "open", runbook: undefined };
}

interface Loading {
  around: Surroundings;
  byName: ReadonlyMap<string, readonly Opened[]>;
  /** Files that include each other down to this one. */
  path: readonly Opened[];
}

function loadFile(file: Opened, loading: Loading): void {
  const { shape, report } = file;
  if (!shape || file.state !== "open") return;
  file.state = "loading";
  checkDeclarations(shape, report);
  const inner = { ...loading, path: [...loading.path, file] };
  const steps = readSteps({ shape, report, include: (reference, path) => include(file, reference, path, inner) });
  const key = shape.head?.concurrencyKey;
  const concurrencyKey =
    key === undefined
      ? undefined
      : readText(key, { parameters: shape.names.parameters, secrets: false }, (fault) =>
          report(findingOf(fault, ["concurrencyKey"])),
        ).template;
  checkTools(shape, loading.around, report);
  file.state = "loaded";
  // An include may be missing without being an error, where nobody can know it.
  const isWhole = steps.every((step) => !("include" in step.file) || step.runbook !== undefined);
  if (!shape.head || !isWhole || hasErrors(file.problems)) return;
  const { deprecated } = file.source;
  const head = deprecated ? { ...shape.head, deprecated } : shape.head;
  file.runbook = compileRunbook(shape, head, steps, concurrencyKey);
}

function include(from: Opened, reference: string, path: Finding["path"], loading: Loading): Runbook | undefined {
  const { report } = from;
  const { name, version } = parseReference(reference);
  const own = loading.byName.get(name) ?? [];
  const versions = [
    ...new Set([...own.map((one) => one.shape?.head?.version ?? ""), ...loading.around.versions(name)]),
  ];
  if (version === undefined) {
    const example = versions.at(-1) ?? "1.0.0";
    const hint = `Write ${name}@${example}: another version could make other steps of it tomorrow.`;
    report({ code: "runbook_include_unpinned", message: `The include of ${name} names no version.`, hint, path });
    return undefined;
  }
  const file = own.find((one) => one.shape?.head?.version === version);
  if (!file) {
    const found = loading.around.runbook(name, version);
    if (found) {
      reportDeprecated(found, path, report);
      return found;
    }
    const names = [...loading.byName.keys()];
    if (loading.around.tools === undefined && versions.length === 0) {
      const message = `Without a server it isn't known whether there is a runbook ${name}@${version} to include.`;
      report({ severity: "warning", code: "runbook_include_unchecked", message, hint: serverHint, path });
      return undefined;
    }
    const hint = versions.length > 0 ? `There is ${versions.join(", ")} of it.` : didYouMean(name, names);
    report({
      code: "runbook_include_unknown",
      message: `There is no runbook ${name}@${version} to include.`,
      hint,
      path,
    });
    return undefined;
  }
  if (file.state === "loading") {
    const start = loading.path.indexOf(file);
    const names = [...loading.path.slice(start), file].map((one) => one.shape?.head?.name ?? "");
    const message = `The runbooks ${names.join(" → ")} include each other.`;
    report({ code: "runbook_include_cyclic", message, hint: "Take one of these includes out.", path });
    return undefined;
  }
  loadFile(file, loading);
  if (!file.runbook && !hasErrors(file.problems)) return undefined;
  if (!file.runbook) {
    const hint = `Mend ${file.source.file} first.`;
    report({ code: "runbook_include_unknown", message: `${name}@${version} has errors itself.`, hint, path });
    return undefined;
  }
  reportDeprecated(file.runbook, path, report);
  return file.runbook;
}

function reportDeprecated({ spec }: Runbook, path: Finding["path"], report: Opened["report"]): void {
  if (!spec.deprecated) return;
  const { since, reason, use } = spec.deprecated;
  const message = `${spec.name}@${spec.version} is deprecated since ${since}${reason === undefined ? "" : `: ${reason}`}`;
  report({
    severity: "warning",
    code: "runbook_deprecated",
    message: message.replace(/\.?$/, "."),
    hint: use === undefined ? undefined : `Use ${use} instead.`,
    path,
  });
}

const serverHint = "Name a server with --url, or start one: gantry up.";

function checkTools(shape: Shape, around: Surroundings, report: Opened["report"]): void {
  const { tools } = around;
  const used = shape.steps.flatMap(({ step, index }) => ("tool" in step ? [{ tool: step.tool, index }] : []));
  if (tools === undefined) {
    const names = [...new Set(used.map(({ tool }) => tool))];
    if (names.length === 0) return;
    const message = `Without a server it isn't known whether there are the tools ${names.slice(0, 20).join(", ")}, nor what they take.`;
    return report({ severity: "warning", code: "runbook_tools_unchecked", message, hint: serverHint, path: ["steps"] });
  }
  for (const { tool, index } of used) {
    if (tools.has(tool)) continue;
    const hint = didYouMean(tool, [...tools]) ?? "`gantry doctor` lists the agents.";
    report({
      code: "runbook_tool_unknown",
      message: `No agent here has a tool ${tool}.`,
      hint,
      path: ["steps", index, "tool"],
    });
  }
}

function loadedOf({ source, runbook }: Opened, shape: Shape, head: NonNullable<Shape["head"]>): LoadedRunbook {
  const { name, version, tests = [] } = head;
  const digest = digestOfBytes(new TextEncoder().encode(source.text));
  return { file: source.file, name, version, digest, text: source.text, shape, tests, runbook };
}

/** The other runbooks that a file includes, as it names them: what must be known to load it. */
export function includesOf(source: RunbookSource): string[] {
  const steps = openFile(source).shape?.steps ?? [];
  return steps.flatMap(({ step }) => ("include" in step ? [step.include] : []));
}
