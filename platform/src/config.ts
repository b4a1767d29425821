import path from "node:path";
import envPaths from "env-paths";
import { z } from "zod";
import { GantryError } from "@gantry/sdk";
import { s3Problems, s3Settings, s3Variables } from "./blobs/s3/config.ts";
import type { S3Settings } from "./blobs/s3/settings.ts";
import { parseEventSink, type EventSinkConfig } from "./event-sinks/config.ts";

/** What this process was told. Read once at boot, by the only code that looks at the environment. */
export interface Config {
  /** Undefined: the embedded server in `dataDir`. */
  databaseUrl: string | undefined;
  dataDir: string;
  host: string;
  /** 0: any free port. */
  port: number;
  role: "all" | "api" | "worker";
  keyFile: string;
  logLevel: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  pool: string;
  workerCapacity: number;
  leaseSeconds: number;
  approvalSeconds: number;
  blobs: "files" | "postgres" | "s3";
  /** The bucket for blobs; undefined where none is named. */
  s3: S3Settings | undefined;
  /** Packages, paths or file URLs. */
  agents: readonly string[];
  /** Folder with runbooks as YAML files. */
  runbooksDir: string | undefined;
  /** Undefined: the policies that Gantry ships. */
  policyFile: string | undefined;
  /** Where workers and people reach the API; undefined: where it listens. */
  url: string | undefined;
  sandbox: "auto" | "required" | "off";
  /** Variables that tools get besides the base. */
  passEnvironment: readonly string[];
  /** Paths that tools may read in the sandbox. */
  readable: readonly string[];
  /** Whether this process sends notifications. */
  notifications: boolean;
  /** Hosts and ranges that notifications may reach although they are private. */
  outgoingAllow: readonly string[];
  /** Of Slack's Web API. */
  slackUrl: string;
  /** Addresses that this process's events are written to. */
  eventSinks: readonly EventSinkConfig[];
  crashAt: string | undefined;
  /** The process's own environment, of which tools see the part that is listed. */
  environment: Readonly<Record<string, string | undefined>>;
}

/** Names every variable that is wrong at once, and never its value: it may be a password. */
export class ConfigInvalidError extends GantryError {
  readonly code = "config_invalid";
  override readonly fault = "operational";

  constructor(problems: readonly string[]) {
    super(`The configuration is invalid:\n${problems.map((problem) => `- ${problem}`).join("\n")}`, {
      details: { problems },
    });
  }
}

/**
 * Reads the `GANTRY_…` variables; an empty one counts as not set.
 *
 * @throws {ConfigInvalidError}
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    throw new ConfigInvalidError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  }
  const variables = parsed.data;
  const dataDir = path.resolve(variables.GANTRY_DATA_DIR ?? envPaths("gantry", { suffix: "" }).data);
  return {
    databaseUrl: variables.GANTRY_DATABASE_URL,
    dataDir,
    host: variables.GANTRY_HOST,
    port: variables.GANTRY_PORT,
    role: variables.GANTRY_ROLE,
    keyFile: path.resolve(variables.GANTRY_KEY_FILE ?? path.join(dataDir, "platform.key")),
    logLevel: variables.GANTRY_LOG_LEVEL,
    pool: variables.GANTRY_POOL,
    workerCapacity: variables.GANTRY_WORKER_CAPACITY,
    leaseSeconds: variables.GANTRY_LEASE_SECONDS,
    approvalSeconds: variables.GANTRY_APPROVAL_SECONDS,
    blobs: variables.GANTRY_BLOBS,
    s3: s3Settings(variables),
    agents: listOf(variables.GANTRY_AGENTS, ","),
    runbooksDir: variables.GANTRY_RUNBOOKS_DIR,
    policyFile: variables.GANTRY_POLICY_FILE,
    url: variables.GANTRY_URL,
    sandbox: variables.GANTRY_SANDBOX,
    passEnvironment: listOf(variables.GANTRY_PASS_ENVIRONMENT, ","),
    readable: listOf(variables.GANTRY_READABLE, ":"),
    notifications: variables.GANTRY_NOTIFICATIONS === "on",
    outgoingAllow: listOf(variables.GANTRY_OUTGOING_ALLOW, ","),
    slackUrl: variables.GANTRY_SLACK_URL,
    eventSinks: listOf(variables.GANTRY_EVENT_SINKS, " ")
      .map(parseEventSink)
      .filter((sink) => typeof sink !== "string"),
    crashAt: variables.GANTRY_CRASH_AT,
    environment: given,
  };
}

function listOf(text: string, separator: string): string[] {
  return text.split(separator).flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));
}

/** `docs/reference/configuration.md`, which a test compares with this. */
export function renderConfigurationReference(): string {
  const { properties = {} } = z.toJSONSchema(Environment, { io: "output" });
  const sections = Object.entries(properties).map(([name, property]) => {
    if (typeof property === "boolean") throw new Error(`${name} has no schema`);
    return `## \`${name}\`\n\n${property.description ?? ""}\n\n${valuesOf(property)}\n`;
  });
  const opening =
    "Gantry reads these environment variables when it starts; an empty one counts as not set. Flags of the command line win over them.";
  return [`# Configuration\n\n${opening}\n`, ...sections].join("\n");
}

function valuesOf(property: z.core.JSONSchema.BaseSchema): string {
  const { enum: choices, minimum, maximum } = property;
  const values = choices
    ? `one of ${choices.map((choice) => `\`${String(choice)}\``).join(", ")}`
    : minimum !== undefined && maximum !== undefined
      ? `${minimum} to ${maximum}`
      : "text";
  const fallback = property.default === undefined ? "" : ` Default: \`${JSON.stringify(property.default)}\`.`;
  return `Values: ${values}.${fallback}`.replaceAll('"', "");
}

const wholeNumber = (min: number, max: number) =>
  z.coerce
    .number({ error: "must be a whole number" })
    .int("must be a whole number")
    .min(min, `must be ${min} or more`)
    .max(max, `must be ${max} or less`);

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` });

const Variables = z.object({
  GANTRY_DATABASE_URL: z
    .string()
    .refine(
      (url) => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url),
      "must look like postgresql://user:password@host:5432/gantry",
    )
    .optional()
    .describe(
      "URL of a Postgres 17 or newer; its user may create roles and databases, or an administrator did. Without it Gantry runs its own Postgres in the data directory.",
    ),
  GANTRY_DATA_DIR: z
    .string()
    .optional()
    .describe(
      "Directory for the embedded database, blobs and keys; on Linux `~/.local/share/gantry` (or below `$XDG_DATA_HOME`) unless set. One server at a time uses it.",
    ),
  GANTRY_HOST: z
    .string()
    .default("127.0.0.1")
    .describe("Address that the API listens on. `0.0.0.0` makes it reachable from other machines; put TLS before it."),
  GANTRY_PORT: wholeNumber(0, 65_535).default(4680).describe("Port of the API; `0` takes any free one."),
  GANTRY_ROLE: oneOf(["all", "api", "worker"])
    .default("all")
    .describe("What this process does: serve the API, work on runs, or both."),
  GANTRY_KEY_FILE: z
    .string()
    .optional()
    .describe(
      "File with the platform key, which encrypts secrets; `platform.key` in the data directory unless set. Back it up: without it secrets are lost.",
    ),
  GANTRY_LOG_LEVEL: oneOf(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("Least severity that is logged."),
  GANTRY_POOL: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be lower-case letters, digits and dashes")
    .default("default")
    .describe("Pool that this worker belongs to; environments name the pool that reaches them."),
  GANTRY_WORKER_CAPACITY: wholeNumber(1, 10_000).default(100).describe("Steps that this worker runs at once, at most."),
  GANTRY_LEASE_SECONDS: wholeNumber(3, 300)
    .default(15)
    .describe("Seconds without a sign of life after which other workers take over a worker's runs."),
  GANTRY_APPROVAL_SECONDS: wholeNumber(1, 31_536_000)
    .default(86_400)
    .describe(
      "Seconds for which a change set can be approved, and in which its change must then begin; after that people are asked anew.",
    ),
  GANTRY_BLOBS: oneOf(["files", "postgres", "s3"])
    .default("files")
    .describe(
      "Where logs, previews and artifacts are kept: in the data directory (all processes on one host), in Postgres or in an S3-compatible bucket (several hosts).",
    ),
  ...s3Variables,
  GANTRY_AGENTS: z
    .string()
    .default("@gantry/agent-terraform,@gantry/agent-deployment,@gantry/agent-check")
    .describe(
      "Agents to load, with commas between them: names of installed packages, or paths (`/…`, `./…`) or `file://` URLs of a package's folder or main file.",
    ),
  GANTRY_RUNBOOKS_DIR: z
    .string()
    .optional()
    .describe(
      "Folder with runbooks as YAML files, those in folders below among them; read at start, and the same for every organization. Servers and workers need the same files.",
    ),
  GANTRY_POLICY_FILE: z
    .string()
    .optional()
    .describe("File with Cedar policies that take the place of those that Gantry ships."),
  GANTRY_URL: z
    .url({ error: "must be a URL such as https://gantry.example.com" })
    .optional()
    .describe("URL at which people and workers reach the API, where that is not the address it listens on."),
  GANTRY_SANDBOX: oneOf(["auto", "required", "off"])
    .default("auto")
    .describe("Whether tools run in a bubblewrap sandbox: where the host has one, always (or not start), or never."),
  GANTRY_PASS_ENVIRONMENT: z
    .string()
    .default("TF_CLI_CONFIG_FILE,TF_PLUGIN_CACHE_DIR,SSL_CERT_FILE,HTTP_PROXY,HTTPS_PROXY,NO_PROXY")
    .describe(
      "Names of this process's variables that tools get too, with commas between them. Everything else stays here.",
    ),
  GANTRY_READABLE: z
    .string()
    .default("")
    .describe(
      "Paths that tools may read in the sandbox besides the system's, with colons between them: provider mirrors, certificates.",
    ),
  GANTRY_NOTIFICATIONS: oneOf(["on", "off"])
    .default("on")
    .describe(
      "Whether this process sends notifications. Any process can; `off` is for workers in a network that leads nowhere.",
    ),
  GANTRY_OUTGOING_ALLOW: z
    .string()
    .default("")
    .describe(
      "Hosts (`hooks.internal`, `*.internal`), addresses and ranges (`10.1.0.0/16`) that notifications may reach although they are private, and without TLS, with commas between them. Everything public is reachable anyway, with TLS.",
    ),
  GANTRY_SLACK_URL: z
    .url({ error: "must be a URL such as https://slack.com/api" })
    .default("https://slack.com/api")
    .describe("Slack's Web API, for `https://slack-gov.com/api` and proxies. Tokens are sent only there."),
  GANTRY_EVENT_SINKS: z
    .string()
    .default("")
    .superRefine((text, context) => {
      for (const sink of listOf(text, " ").map(parseEventSink)) {
        // Never the address itself: it may hold a password.
        if (typeof sink === "string") context.addIssue({ code: "custom", message: `an address of it ${sink}` });
      }
    })
    .describe(
      "Addresses that this worker's events are written to as well, with spaces between them: `file:///var/log/gantry.ndjson`, `https://siem.example.com/in` (lines of JSON), `otlp+http://collector:4318/v1/logs`, `postgresql://user:password@warehouse/reports` (table `gantry_events`). Options stand behind `#`: `categories=run,approval`, and for files `max-mb=100&keep=5`. A sink that fails, hangs or is slow harms nobody; what it can't take is dropped and counted in `/metrics`.",
    ),
  GANTRY_CRASH_AT: z
    .string()
    .optional()
    .describe(
      "For fault tests: `name` or `name:n`; the process kills itself when it passes that point of the engine for the n-th time.",
    ),
});

const Environment = Variables.superRefine((variables, context) => {
  for (const { variable, problem } of s3Problems(variables)) {
    context.addIssue({ code: "custom", path: [variable], message: problem });
  }
});
