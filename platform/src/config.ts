import path from "node:path";
import envPaths from "env-paths";
import { GantryError } from "@gantry/sdk";
import type { ConfigurationView, QuotaKind } from "@gantry/sdk/api";
import { z } from "zod";
import { s3Problems, s3Settings, s3Variables } from "./blobs/s3/config.ts";
import type { S3Settings } from "./blobs/s3/settings.ts";
import { readFirstQuotas } from "./config/first-quotas.ts";
import { gather, type Problem } from "./config/gather.ts";
import { neededBy, profiles } from "./config/profiles.ts";
import { reachOf, reachProblems, type Reach } from "./config/reach.ts";
import { listOf, profileNames, Variables, type ProfileName, type Variable } from "./config/variables.ts";
import { createView } from "./config/view.ts";
import { parseEventSink, type EventSinkConfig } from "./event-sinks/config.ts";
import { vaultConfig, vaultProblems, vaultVariables, type VaultConfig } from "./secrets/vault/config.ts";

/** What this process was told. Read once at boot, by the only code that looks at the environment. */
export interface Config {
  profile: ProfileName;
  /** Undefined: the embedded server in `dataDir`. */
  databaseUrl: string | undefined;
  dataDir: string;
  host: string;
  /** 0: any free port. */
  port: number;
  role: "all" | "api" | "worker";
  reach: Reach;
  keyFile: string;
  /** The installation's own Vault; undefined where none is named. */
  vault: VaultConfig | undefined;
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
  /** Of organizations that set nothing: days that a run is kept once it has ended; null: for ever. */
  retentionDays: number | null;
  /** Days that a run which changed something is kept at least. */
  retentionUndoDays: number;
  backup: BackupConfig;
  /** Whether this process sends notifications. */
  notifications: boolean;
  /** Whether spans have what was asked and answered. */
  otelContent: boolean;
  /** Hosts and ranges that notifications may reach although they are private. */
  outgoingAllow: readonly string[];
  /** Of Slack's Web API. */
  slackUrl: string;
  /** Addresses that this process's events are written to. */
  eventSinks: readonly EventSinkConfig[];
  /** Of invitations and new passwords; undefined: they are logged. */
  mailServer: string | undefined;
  mailFrom: string;
  sessionHours: number;
  sessionIdleMinutes: number;
  /** That a key is good for at most. */
  apiKeyDays: number;
  /** What a new organization begins with. */
  firstQuotas: Partial<Record<QuotaKind, number>>;
  /** Null: passwords aren't looked up. */
  breachListUrl: string | null;
  identityProvidersFile: string | undefined;
  crashAt: string | undefined;
  /** The process's own environment, of which tools see the part that is listed. Nothing of the file is in it. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Files that this was read from; tools may not see them. */
  files: readonly string[];
  /** What was written down and has no effect, for the log. */
  warnings: readonly string[];
  /** Every variable with its value and origin, for whoever operates this; no secret stands in it. */
  view: ConfigurationView;
}

/** How this installation's data is backed up. */
export interface BackupConfig {
  /** Undefined: by hand only. */
  folder: string | undefined;
  everyHours: number;
  /** How many of the folder's own are kept, and for how many days at least; the newest whole one always. */
  keep: number;
  keepDays: number;
  blobs: "include" | "reference";
  /** What backups are closed with: at most one of them, or else the platform key. */
  keyFile: string | undefined;
  passphrase: string | undefined;
}

/** Names every variable that is wrong at once, and never its value: it may be a password. */
export class ConfigInvalidError extends GantryError {
  readonly code = "config_invalid";
  override readonly fault = "operational";

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ variable, message, origin }) => {
      const from = origin === null || origin === "environment" ? "" : ` (from ${origin})`;
      return `- ${variable}: ${message}${from}`;
    });
    super(`The configuration is invalid:\n${lines.join("\n")}`, { details: { problems } });
  }
}

/**
 * Reads the `GANTRY_…` variables: of the environment, then of the file that `GANTRY_CONFIG_FILE` names, then the profile's
 * defaults. An empty one counts as not set.
 *
 * @throws {ConfigInvalidError} with everything that is wrong
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const { given, problems, warnings, files } = gather(environment);
  const profile = profiles[profileNames.find((name) => name === given.get("GANTRY_PROFILE")?.value) ?? "laptop"];
  const texts: Partial<Record<Variable, string>> = {
    ...profile.defaults,
    ...Object.fromEntries([...given].map(([name, { value }]) => [name, value])),
  };
  const parsed = Variables.safeParse(texts);
  const originOf = (name: Variable): string | null => given.get(name)?.origin ?? null;
  const all: Problem[] = [
    ...problems,
    ...(parsed.error?.issues ?? []).map(({ path: [name], message }) => {
      const variable = name as Variable;
      return { variable, message: message + hintFor(variable, texts[variable]), origin: originOf(variable) };
    }),
    ...[...bucketProblems(texts), ...ownVaultProblems(texts), ...reachProblems(texts)].map(({ variable, problem }) => ({
      variable,
      message: problem,
      origin: originOf(variable),
    })),
    ...Object.entries(neededBy(profile, (name) => texts[name])).flatMap(([name, { example, why }]) =>
      // One whose file can't be read isn't missing as well.
      texts[name as Variable] !== undefined || problems.some(({ variable }) => variable.startsWith(name))
        ? []
        : [{ variable: name, message: `must be set, for example to ${example}: ${why}`, origin: null }],
    ),
  ];
  if (!parsed.success || all.length > 0) throw new ConfigInvalidError(all);
  const variables = parsed.data;
  const reach = reachOf(variables);
  const dataDir = path.resolve(variables.GANTRY_DATA_DIR ?? envPaths("gantry", { suffix: "" }).data);
  const keyFile = path.resolve(variables.GANTRY_KEY_FILE ?? path.join(dataDir, "platform.key"));
  return {
    profile: variables.GANTRY_PROFILE,
    databaseUrl: variables.GANTRY_DATABASE_URL,
    dataDir,
    host: variables.GANTRY_HOST,
    port: variables.GANTRY_PORT,
    role: variables.GANTRY_ROLE,
    reach,
    keyFile,
    vault: vaultConfig(variables),
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
    retentionDays: variables.GANTRY_RETENTION_DAYS === "never" ? null : Number(variables.GANTRY_RETENTION_DAYS),
    retentionUndoDays: variables.GANTRY_RETENTION_UNDO_DAYS,
    backup: {
      folder: variables.GANTRY_BACKUP_DIR === undefined ? undefined : path.resolve(variables.GANTRY_BACKUP_DIR),
      everyHours: variables.GANTRY_BACKUP_EVERY_HOURS,
      keep: variables.GANTRY_BACKUP_KEEP,
      keepDays: variables.GANTRY_BACKUP_KEEP_DAYS,
      blobs: variables.GANTRY_BACKUP_BLOBS,
      keyFile: variables.GANTRY_BACKUP_KEY_FILE,
      passphrase: variables.GANTRY_BACKUP_PASSPHRASE,
    },
    notifications: variables.GANTRY_NOTIFICATIONS === "on",
    otelContent: variables.GANTRY_OTEL_CONTENT === "on",
    outgoingAllow: listOf(variables.GANTRY_OUTGOING_ALLOW, ","),
    slackUrl: variables.GANTRY_SLACK_URL,
    eventSinks: listOf(variables.GANTRY_EVENT_SINKS, " ")
      .map(parseEventSink)
      .filter((sink) => typeof sink !== "string"),
    mailServer: variables.GANTRY_MAIL_SERVER,
    mailFrom: variables.GANTRY_MAIL_FROM,
    sessionHours: variables.GANTRY_SESSION_HOURS,
    sessionIdleMinutes: variables.GANTRY_SESSION_IDLE_MINUTES,
    apiKeyDays: variables.GANTRY_API_KEY_DAYS,
    firstQuotas: readFirstQuotas(variables.GANTRY_NEW_ORGANIZATION_QUOTAS ?? "") ?? {},
    breachListUrl: variables.GANTRY_BREACH_LIST_URL === "off" ? null : variables.GANTRY_BREACH_LIST_URL,
    identityProvidersFile: variables.GANTRY_IDENTITY_PROVIDERS,
    crashAt: variables.GANTRY_CRASH_AT,
    environment: Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== "")),
    files: reach.tls === undefined ? files : [...files, path.resolve(reach.tls.keyFile)],
    warnings,
    view: createView({
      profile: variables.GANTRY_PROFILE,
      given,
      values: { ...variables, GANTRY_DATA_DIR: dataDir, GANTRY_KEY_FILE: keyFile },
      warnings,
    }),
  };
}

/** Together they are looked at only where each is right by itself. */
function bucketProblems(texts: Partial<Record<Variable, string>>): ReturnType<typeof s3Problems> {
  const { GANTRY_BLOBS } = Variables.shape;
  const parsed = z.object({ ...s3Variables, GANTRY_BLOBS }).safeParse(texts);
  return parsed.success ? s3Problems(parsed.data) : [];
}

function ownVaultProblems(texts: Partial<Record<Variable, string>>): ReturnType<typeof vaultProblems> {
  const parsed = z.object(vaultVariables).safeParse(texts);
  return parsed.success ? vaultProblems(parsed.data) : [];
}

function hintFor(name: Variable, value: string | undefined): string {
  const ofKubernetes = name === "GANTRY_PORT" && value?.startsWith("tcp://") === true;
  return ofKubernetes ? "; Kubernetes sets it for a Service named gantry: say enableServiceLinks: false" : "";
}
