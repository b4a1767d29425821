import { z } from "zod";
import { s3Variables } from "../blobs/s3/config.ts";
import { parseEventSink } from "../event-sinks/config.ts";
import { vaultVariables } from "../secrets/vault/config.ts";
import { readFirstQuotas } from "./first-quotas.ts";
import { reachVariables } from "./reach.ts";

/**
 * The configuration's parts: what variables there are, what profiles make of them, where values come from, and the pages made of
 * it. `config.ts` above puts them together and is the only one to read the environment.
 */

export const profileNames = ["laptop", "server", "container", "test"] as const;
export type ProfileName = (typeof profileNames)[number];

const wholeNumber = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int(error).min(min, error).max(max, error);
};

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` });

/** Every variable: what it may be, its default, and what it is for. Its value is text until it is read here. */
export const Variables = z.object({
  GANTRY_PROFILE: oneOf(profileNames)
    .default("laptop")
    .describe("What this installation is: a set of defaults, over which everything that is set wins."),
  GANTRY_CONFIG_FILE: z
    .string()
    .optional()
    .describe(
      "File with lines `NAME=value` of these variables; the environment wins over it. It is read only from here: no file is looked for in the working directory.",
    ),
  GANTRY_DATABASE_URL: z
    .string()
    .refine(
      (url) => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url),
      "must look like postgresql://user:password@host:5432/gantry",
    )
    .optional()
    .describe(
      "URL of a Postgres 17 or newer; its user may create roles and databases, or an administrator did. Without it Gantry runs its own Postgres in the data directory, where it may.",
    ),
  GANTRY_EMBEDDED_POSTGRES: oneOf(["on", "off"])
    .default("on")
    .describe("Whether Gantry may run a Postgres of its own in the data directory where no other is named."),
  GANTRY_DATA_DIR: z
    .string()
    .optional()
    .describe(
      "Directory for the embedded database, blobs and keys; on Linux `~/.local/share/gantry` (or below `$XDG_DATA_HOME`) unless set. One server at a time uses it.",
    ),
  GANTRY_HOST: z
    .string()
    .default("127.0.0.1")
    .describe(
      "Address that the API listens on. `0.0.0.0` makes it reachable from other machines; with `GANTRY_TLS_CERTIFICATE`, or a proxy that speaks TLS before it.",
    ),
  GANTRY_PORT: wholeNumber(0, 65_535).default(4680).describe("Port of the API; `0` takes any free one."),
  ...reachVariables,
  GANTRY_ROLE: oneOf(["all", "api", "worker"])
    .default("all")
    .describe("What this process does: serve the API, work on runs, or both."),
  GANTRY_KEY_FILE: z
    .string()
    .optional()
    .describe(
      "File with the platform key, which encrypts secrets; `platform.key` in the data directory unless set. Back it up: without it secrets are lost.",
    ),
  ...vaultVariables,
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
    .default(
      "@gantry/agent-terraform,@gantry/agent-deployment,@gantry/agent-check,@gantry/agent-assistant,@gantry/agent-planner,@gantry/agent-reviewer",
    )
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
  GANTRY_RETENTION_DAYS: z
    .string()
    .regex(/^(never|[1-9]\d{0,3}|[1-3]\d{4})$/, "must be never, or a whole number of days")
    .default("never")
    .describe(
      "Days after its end after which a run is archived and purged, where an organization doesn't say otherwise (`gantry retention set`); `never`, or a whole number.",
    ),
  GANTRY_RETENTION_UNDO_DAYS: wholeNumber(1, 36_500)
    .default(30)
    .describe("Days for which a run that changed something is kept at least, because it can still be undone."),
  GANTRY_BACKUP_DIR: z
    .string()
    .optional()
    .describe("Folder into which the server backs everything up by itself; on another disk or machine. Unset: never."),
  GANTRY_BACKUP_EVERY_HOURS: wholeNumber(1, 8_760).default(24).describe("Hours from one backup to the next."),
  GANTRY_BACKUP_KEEP: wholeNumber(1, 10_000).default(14).describe("How many backups stay in the folder, at least."),
  GANTRY_BACKUP_KEEP_DAYS: wholeNumber(0, 36_500).default(0).describe("Days for which each of them stays, at least."),
  GANTRY_BACKUP_BLOBS: oneOf(["include", "reference"])
    .default("include")
    .describe(
      "Whether contents that lie in files or a bucket are put into backups, or only listed because something else keeps copies of them.",
    ),
  GANTRY_BACKUP_KEY_FILE: z
    .string()
    .optional()
    .describe(
      "File with the key that backups are encrypted with, made where there is none; the platform key unless set. Keep it apart from the backups.",
    ),
  GANTRY_BACKUP_PASSPHRASE: z
    .string()
    .min(12, "must have 12 characters at least")
    .optional()
    .describe(
      "Passphrase that backups are encrypted with instead of a key file. Secrets in them need the platform key all the same.",
    ),
  GANTRY_NOTIFICATIONS: oneOf(["on", "off"])
    .default("on")
    .describe(
      "Whether this process sends notifications. Any process can; `off` is for workers in a network that leads nowhere.",
    ),
  GANTRY_OTEL_CONTENT: oneOf(["on", "off"])
    .default("off")
    .describe(
      "Whether the collector that `OTEL_EXPORTER_OTLP_…` names also gets what models were asked and answered. Only what an organization has kept, and as it is kept: of one that keeps nothing it gets nothing.",
    ),
  GANTRY_OUTGOING_ALLOW: z
    .string()
    .default("")
    .describe(
      "Hosts (`hooks.internal`, `*.internal`), addresses and ranges (`10.1.0.0/16`) that notifications and connections of kind vault may reach although they are private, and without TLS, with commas between them. Everything public is reachable anyway, with TLS.",
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
  GANTRY_MAIL_SERVER: z
    .string()
    .refine(
      (url) => /^smtps?:\/\//.test(url) && URL.canParse(url),
      "must look like smtps://user:password@mail.example.com",
    )
    .optional()
    .describe(
      "Mail server for invitations, new passwords and verification of addresses: `smtps://user:password@host` or `smtp://…`, which changes over to TLS. Without it those links stand in the server's log.",
    ),
  GANTRY_MAIL_FROM: z.string().min(3).default("Gantry <gantry@localhost>").describe("Sender of those messages."),
  GANTRY_SESSION_HOURS: wholeNumber(1, 8_760)
    .default(168)
    .describe("Hours after which a person has to sign in again, however busy they were."),
  GANTRY_SESSION_IDLE_MINUTES: wholeNumber(5, 525_600)
    .default(1_440)
    .describe("Minutes without a request after which a session ends."),
  GANTRY_API_KEY_DAYS: wholeNumber(1, 3_650)
    .default(365)
    .describe("Days that an API key is good for at most, and where whoever creates it says nothing."),
  GANTRY_NEW_ORGANIZATION_QUOTAS: z
    .string()
    .refine(
      (text) => readFirstQuotas(text) !== null,
      "must be names of quotas with numbers, like projects=20,members=100",
    )
    .optional()
    .describe(
      "Quotas that a new organization begins with, such as `projects=20,members=100,keys=200,runs-at-once=50`.",
    ),
  GANTRY_BREACH_LIST_URL: z
    .string()
    .refine((url) => url === "off" || /^https?:\/\//.test(url), "must be off, or an address")
    .default("https://api.pwnedpasswords.com")
    .describe(
      "List of stolen passwords that new ones are looked up in, by the range protocol of Have I Been Pwned, which sees five digits of a hash; `off`, or an address. Where it doesn't answer nobody is refused.",
    ),
  GANTRY_IDENTITY_PROVIDERS: z
    .string()
    .optional()
    .describe(
      "File with OpenID providers that people sign in with, as docs/guide/sign-in.md shows. It holds client secrets: only this process should be able to read it.",
    ),
  GANTRY_CRASH_AT: z
    .string()
    .optional()
    .describe(
      "For fault tests: `name` or `name:n`; the process kills itself when it passes that point of the engine for the n-th time.",
    ),
});

export type Variable = keyof z.input<typeof Variables>;
export const variableNames = Object.keys(Variables.shape) as readonly Variable[];

/** Hold passwords and keys: their values are never shown, and each can be read from the file that its name with `_FILE` names. */
export const secretVariables: ReadonlySet<Variable> = new Set([
  "GANTRY_DATABASE_URL",
  "GANTRY_S3_ACCESS_KEY_ID",
  "GANTRY_S3_SECRET_ACCESS_KEY",
  "GANTRY_EVENT_SINKS",
  "GANTRY_MAIL_SERVER",
  "GANTRY_BACKUP_PASSPHRASE",
]);

export function listOf(text: string, separator: string): string[] {
  return text.split(separator).flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));
}
