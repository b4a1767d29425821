import { FilesRef, Json } from "@gantry/sdk";
import { z } from "zod";

/** Relative, without `..`, not hidden, not one of the files that Gantry generates. */
export const FileName = z
  .string()
  .max(300)
  .regex(
    /^(?!gantry[._])[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/,
    "A relative path of letters, digits, '.', '_' and '-' that doesn't begin with 'gantry.' or 'gantry_'.",
  );

/** A folder in a repository; empty for its root. */
export const ModulePath = z
  .string()
  .max(300)
  .regex(/^([A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*)?$/, "A relative path, without '..'.");

export const GitSource = z.object({
  /** `https://…`, `ssh://…` or `file:///…`. */
  repository: z
    .string()
    .max(2_000)
    .regex(/^(https|ssh|file):\/\/[^\s]+$/, "An https, ssh or file URL."),
  /** Full commit id: a branch would mean something else tomorrow. */
  commit: z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "A full commit id (40 or 64 hexadecimal digits)."),
  path: ModulePath.default(""),
});
export type GitSource = z.infer<typeof GitSource>;

/** A configuration that was kept: all its files, and the folder in them that is the root module. */
export const Configuration = z.object({ files: FilesRef, path: ModulePath.default("") });
export type Configuration = z.infer<typeof Configuration>;

/** Where a configuration comes from: files written out, a git commit, or one that was kept earlier. */
export const Source = z.union([
  z.object({ files: z.record(FileName, z.string().max(1_000_000)) }),
  z.object({ git: GitSource }),
  z.object({ configuration: Configuration }),
]);
export type Source = z.infer<typeof Source>;

/** Which program; by default terraform, or tofu where only that is installed. */
export const Binary = z.enum(["terraform", "tofu"]);
export type Binary = z.infer<typeof Binary>;

/** Name of a state in the environment. `--` is kept for what Gantry records beside it. */
export const StateName = z
  .string()
  .regex(/^[a-z0-9](?!.*--)[a-z0-9_-]{0,62}$/, "Lower-case letters, digits, '_' and single '-', 63 at most.");

const VariableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/);

/** Variables by name, any JSON value. */
export const Variables = z.record(VariableName, Json);
/** Variables whose values are secret: in a plan these are SecretRefs. */
export const SecretVariables = z.record(VariableName, z.string());

/**
 * Environment variables that providers read their credentials from. Only families that providers use: anything else
 * (PATH, LD_PRELOAD, TF_CLI_ARGS) would change what runs.
 */
export const CredentialName = z
  .string()
  .regex(
    /^(AWS|ARM|AZURE|GOOGLE|CLOUDSDK|CLOUDFLARE|DIGITALOCEAN|HCLOUD|LINODE|OCI|ALICLOUD|GITHUB|GITLAB|DATADOG|DD|GRAFANA|PAGERDUTY|VAULT|KUBE|PG|MYSQL)_[A-Z0-9_]+$|^PG[A-Z]+$/,
    "An environment variable of a known provider, such as AWS_ACCESS_KEY_ID.",
  );
export const Credentials = z.record(CredentialName, z.string());

/** Which version of a state; null for a state that doesn't exist yet. */
export const StateVersion = z.object({ lineage: z.string(), serial: z.int(), resources: z.int().min(0) }).nullable();
export type StateVersion = z.infer<typeof StateVersion>;

/** A Terraform plan on its way to apply: the configuration, its lock file and the plan file, as one bundle. */
export const SavedPlan = z.object({
  files: FilesRef,
  path: ModulePath,
  /** Of the plan file: what is applied is what was shown. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  state: StateName,
  /** The state that it was made for. */
  prior: StateVersion,
  destroy: z.boolean(),
  binary: Binary,
  version: z.string(),
});
export type SavedPlan = z.infer<typeof SavedPlan>;

export const Diagnostic = z.object({
  severity: z.enum(["error", "warning"]),
  summary: z.string(),
  detail: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
  address: z.string().optional(),
});
export type Diagnostic = z.infer<typeof Diagnostic>;

export const Counts = z.object({ add: z.int(), change: z.int(), destroy: z.int() });
export type Counts = z.infer<typeof Counts>;

export const OutputChange = z.object({
  name: z.string(),
  action: z.enum(["create", "update", "delete"]),
  sensitive: z.boolean(),
  /** Text for people; `(sensitive value)` and `(known after apply)` stand for themselves. */
  before: z.string().optional(),
  after: z.string().optional(),
});
export type OutputChange = z.infer<typeof OutputChange>;
