import { posix } from "node:path";
import { inRepository } from "./repository.ts";
import type { Node, Rule } from "./rule.ts";

interface Boundary {
  /** Folder (or file) of the repository that the rule speaks about; the longest match wins. */
  readonly from: string;
  /** What it may import of ours besides itself. */
  readonly may: readonly string[];
  /** Names the boundary and says why it is there; completes the lint message. */
  readonly why: string;
}

const sdk = "sdk/src";
const inside = (...folders: string[]): string[] => folders.map((folder) => `platform/src/${folder}`);
const byQueries =
  "it works on domain types and through the store's queries, so that the engine can call it in any order";

/** The import direction of architecture.md, as data. Everything that is not named here (tests, bench) is free. */
const boundaries: readonly Boundary[] = [
  { from: "sdk", may: [], why: "third parties install the sdk alone" },
  { from: "sdk/src/core", may: [sdk], why: "the pure core must run in any process that has only the sdk" },
  { from: "agents", may: [sdk], why: "built-in agents use the same kit as a third party's" },
  { from: "cli", may: [sdk], why: "the command line is an API client like any other" },
  { from: "dashboard", may: [sdk], why: "the dashboard is an API client like any other" },
  {
    from: "dashboard/src/ui",
    may: [sdk],
    why: "components know no screen and no server, so that every screen can use them",
  },
  {
    from: "dashboard/src/data",
    may: [sdk],
    why: "data comes from the API's client and knows nothing of how it is shown",
  },
  { from: "examples", may: [sdk], why: "an example does what a user can do: commands, HTTP and the sdk" },
  { from: "scripts", may: [], why: "scripts must run before anything else works" },
  { from: "platform", may: [sdk], why: "the server knows agents and clients only through the sdk's contract" },
  { from: "platform/src/lib", may: [], why: "lib is small general-purpose parts that know nothing of Gantry" },
  {
    from: "platform/src/config",
    may: [sdk, ...inside("event-sinks", "blobs/s3", "secrets/vault", "lib")],
    why: "what a process was told is read before anything of it exists",
  },
  {
    from: "platform/src/exec",
    may: [sdk, ...inside("lib")],
    why: "exec runs child processes and knows nothing of runs or plans",
  },
  { from: "platform/src/domain", may: [sdk, ...inside("lib")], why: "the domain is pure and knows no storage or I/O" },
  {
    from: "platform/src/postgres",
    may: [sdk, ...inside("exec", "lib")],
    why: "postgres starts and stops a server and knows nothing of what is stored in it",
  },
  {
    from: "platform/src/blobs",
    may: [sdk, ...inside("domain", "store", "secrets", "lib")],
    why: "blobs keep bytes for whoever asks",
  },
  {
    from: "platform/src/store",
    may: [sdk, ...inside("domain", "lib")],
    why: "the store maps domain types to rows and decides nothing",
  },
  {
    from: "platform/src/audit",
    may: [sdk, ...inside("domain", "signing", "store", "lib")],
    why: "the audit trail is written and sealed for whoever acts; it decides nothing",
  },
  {
    from: "platform/src/secrets",
    may: [sdk, ...inside("domain", "store", "outgoing", "lib")],
    why: byQueries,
  },
  {
    from: "platform/src/mcp",
    may: [sdk, ...inside("catalog", "exec", "outgoing", "secrets", "store", "lib")],
    why: "servers of the Model Context Protocol have tools for whoever calls tools",
  },
  {
    from: "platform/src/models",
    may: [sdk, ...inside("domain", "outgoing", "secrets", "store", "lib")],
    why: "models are asked for whoever needs an answer, and know nothing of what it is for",
  },
  {
    from: "platform/src/live-answers",
    may: [sdk, ...inside("models", "lib")],
    why: "what is said is passed on; who says it and who reads it is handed in",
  },
  {
    from: "platform/src/telemetry",
    may: [sdk, ...inside("models/types.ts", "lib")],
    why: "telemetry is told what happens and asks nobody",
  },
  ...["policy", "approvals", "planner", "auth"].map((folder) => ({
    from: `platform/src/${folder}`,
    may: [sdk, ...inside("domain", "rate-limits", "store", "lib")],
    why: byQueries,
  })),
  {
    from: "platform/src/signing",
    may: [sdk, ...inside("secrets", "store", "lib")],
    why: "signing keys serve whoever signs and know nothing of what",
  },
  {
    from: "platform/src/rate-limits",
    may: [sdk, ...inside("store", "lib")],
    why: "counters know nothing of what is counted",
  },
  {
    from: "platform/src/outgoing",
    may: [sdk, ...inside("lib")],
    why: "outgoing connects to what users name and knows nothing of why",
  },
  {
    from: "platform/src/connections",
    may: [sdk, ...inside("outgoing", "secrets", "lib")],
    why: "trying a connection out needs its settings and secrets handed, and nothing else",
  },
  {
    from: "platform/src/event-sinks",
    may: [sdk, ...inside("lib")],
    why: "sinks get events handed and know nothing of who publishes them",
  },
  {
    from: "platform/src/notifications",
    may: [sdk, ...inside("outgoing", "secrets", "store", "lib")],
    why: "notifications follow the feed like any reader, so that the engine runs without them",
  },
  {
    from: "platform/src/erasure",
    may: [sdk, ...inside("blobs", "signing", "store", "lib")],
    why: "erasure only removes what nobody works on any more; engine and API run without it",
  },
  {
    from: "platform/src/retention",
    may: [sdk, ...inside("blobs", "domain", "store", "lib")],
    why: "retention only reads what ended; engine and API run without it",
  },
  {
    from: "platform/src/backup",
    may: [sdk, ...inside("blobs", "postgres", "secrets", "store", "lib")],
    why: "a backup copies whatever there is and knows nothing of what it means",
  },
  {
    from: "platform/src/catalog",
    may: [sdk, ...inside("lib")],
    why: "the catalog knows what can be done and nothing of who does it",
  },
  {
    from: "platform/src/triggers",
    may: [sdk, ...inside("domain", "outgoing", "store", "secrets", "exec", "lib")],
    why: "a trigger makes runs as the API does, and neither needs the other",
  },
  {
    from: "platform/src/runbooks",
    may: [sdk, ...inside("catalog", "store", "lib")],
    why: "runbooks are found and their plans made for the API and for workers alike",
  },
  {
    from: "platform/src/mind",
    may: [sdk, ...inside("models/types.ts", "lib")],
    why: "thinking is given models and tools as functions, so that it can be tried without either",
  },
  {
    from: "platform/src/goals",
    may: [sdk],
    why: "what a model drafts becomes a plan by pure checks",
  },
  {
    from: "platform/src/runner",
    may: [
      sdk,
      ...inside(
        "engine",
        "catalog",
        "exec",
        "blobs",
        "goals",
        "live-answers",
        "mcp",
        "mind",
        "secrets",
        "store",
        "telemetry",
        "lib",
      ),
    ],
    why: "the runner calls tools for the engine; it decides nothing and serves nobody else",
  },
  {
    from: "platform/src/engine",
    may: [sdk, ...inside("domain", "store", "postgres", "blobs", "exec", "secrets", "policy", "lib")],
    why: "the engine runs without the API, so a worker can be a process of its own",
  },
  {
    from: "platform/src/boot",
    may: [sdk, "platform/src"],
    why: "boot is the composition root's own folder",
  },
  {
    from: "platform/src/api",
    may: [
      sdk,
      ...inside(
        "lib",
        "domain",
        "store",
        "blobs",
        "engine",
        "exec",
        "catalog",
        "runbooks",
        "planner",
        "live-answers",
        "mcp",
        "models",
      ),
      ...inside(
        "policy",
        "approvals",
        "secrets",
        "signing",
        "audit",
        "auth",
        "connections",
        "telemetry",
        "triggers",
        "notifications",
        "rate-limits",
        "retention",
      ),
    ],
    why: "routes get what they need as dependencies; main.ts and config.ts are for the composition root",
  },
];

const packages = [
  { name: "@gantry/sdk", folder: "sdk/src" },
  { name: "@gantry/platform", folder: "platform/src" },
  { name: "@gantry/cli", folder: "cli/src" },
  { name: "@gantry/agent-", folder: "agents/" },
] as const;

/** Imports point one way; the message of a refused one says why. */
export const boundariesRule: Rule = {
  meta: { type: "problem", docs: { description: "Imports between the folders of this repository point one way." } },
  create(context) {
    const from = inRepository(context.filename);
    const check = (source: Node | null | undefined): void => {
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      const refusal = refuseImport(from, source.value);
      if (refusal) context.report({ node: source, message: refusal });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
    };
  },
};

/**
 * Says why `file` may not import `specifier`, or nothing when it may.
 * @param file path from the repository's root, with forward slashes
 */
export function refuseImport(file: string, specifier: string): string | undefined {
  const target = resolve(file, specifier);
  const boundary = boundaryOf(file);
  if (target === undefined || boundary === undefined) return undefined;
  if (boundary.from === "platform" && /^platform\/src\/[^/]+\//.test(file) && !isTest(file))
    return `scripts/lint/boundaries.ts doesn't say what ${file.split("/", 3).join("/")} may import; add it there.`;
  if (specifier.startsWith(".") && isPackageSource(file) && isIn(target, "sdk"))
    return `Import @gantry/sdk by its name, not by ${specifier}: packages use only what the sdk exports.`;
  if (isIn(target, boundary.from) || boundary.may.some((folder) => isIn(target, folder))) return undefined;
  const may = boundary.may.length > 0 ? `may import only ${boundary.may.join(", ")}` : "may import nothing of ours";
  return `${boundary.from} ${may}, not ${target}: ${boundary.why}.`;
}

function resolve(file: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(file), specifier);
  const own = packages.find(({ name }) => specifier.startsWith(name));
  return own && own.folder + specifier.slice(own.name.length);
}

function isTest(file: string): boolean {
  return /\.test\.ts$|\/testing\//.test(file);
}

function isPackageSource(file: string): boolean {
  return /^(platform|cli|agents|dashboard)\//.test(file);
}

function boundaryOf(file: string): Boundary | undefined {
  const matching = boundaries.filter((boundary) => isIn(file, boundary.from));
  const closest = matching.toSorted((a, b) => b.from.length - a.from.length)[0];
  if (!closest) return undefined;
  // Every agent is a folder of its own: they meet in a plan, never in code.
  if (closest.from === "agents") return { ...closest, from: file.split("/").slice(0, 2).join("/") };
  // A unit test of the platform may set its stage with any part of the platform.
  if (closest.from.startsWith("platform/") && isTest(file)) return boundaryOf("platform/src/main.ts");
  return closest;
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
