import type { z } from "zod";
import { z as zod } from "zod";
import type { ArtifactRef } from "./artifact-ref.ts";
import type { AskRequest } from "./asking.ts";
import { Json, type JsonObject } from "./json.ts";
import type { Retry } from "./plan.ts";
import { Effect } from "./plan.ts";
import type { ExtractRequest, Thought, ThinkRequest } from "./thinking.ts";
import { Usage } from "./usage.ts";

/** What becomes of one thing, as text for people: nothing in it may be secret. */
export const ThingChange = zod.object({
  /** As in `touches`. Parts of names up to a dot or a bracket make a tree. */
  name: zod.string(),
  action: zod.enum(["create", "update", "replace", "delete", "forget", "import", "move"]),
  /** Why, where the action alone doesn't tell: what forces a replacement. */
  because: zod.string().optional(),
  /** `before` or `after` is absent where there is nothing. */
  parts: zod.array(zod.object({ path: zod.string(), before: zod.string().optional(), after: zod.string().optional() })),
});
export type ThingChange = zod.infer<typeof ThingChange>;

/** What a tool would do, found without changing anything. */
export const Preview = zod.object({
  /** One sentence for an approver who isn't technical. */
  summary: zod.string(),
  /** The assessed effect: at most the tool's maximum effect. Policy sees this one. */
  effect: Effect,
  counts: zod.object({ add: zod.int().min(0), change: zod.int().min(0), destroy: zod.int().min(0) }),
  /** The things touched, for the blast radius: `aws_instance.web`, `host web-1`. */
  touches: zod.array(zod.string()).max(10_000).default([]),
  /** Text for people who want to look closely. One of files in the form of `git diff` is shown file by file. */
  diff: zod.string().optional(),
  /** The same thing by thing, where there are things; it may be cut where the diff is. */
  changes: zod.array(ThingChange).max(1_000).optional(),
  /** Per month, in `currency`. */
  cost: zod.object({ low: zod.number(), high: zod.number(), currency: zod.string() }).optional(),
  /** What carrying it out uses at most, where this is less than the tool's worst case. Budgets reserve it. */
  worstCase: Usage.optional(),
  undo: zod.object({
    possible: zod.boolean(),
    /** How it is undone, one sentence. */
    how: zod.string(),
    /** What stays or is lost even so. */
    limits: zod.array(zod.string()).default([]),
  }),
});
export type Preview = z.infer<typeof Preview>;

/** What became of an attempt whose end nobody saw. Must stay true: `not_done` promises that it won't happen later. */
export const Inspection = zod.discriminatedUnion("status", [
  zod.object({ status: zod.literal("done"), output: Json }),
  zod.object({ status: zod.literal("not_done") }),
  zod.object({ status: zod.literal("running"), detail: zod.string().optional() }),
  zod.object({ status: zod.literal("unknown"), detail: zod.string() }),
]);
export type Inspection = z.infer<typeof Inspection>;

export const Probe = zod.object({
  name: zod.string(),
  expected: zod.string(),
  actual: zod.string(),
  passed: zod.boolean(),
});
export type Probe = z.infer<typeof Probe>;

/** Probes with evidence. A verification passes when there is a probe and every probe passes. */
export const Verification = zod.object({ probes: zod.array(Probe).min(1) });
export type Verification = z.infer<typeof Verification>;

export const Undone = zod.object({
  summary: zod.string(),
  /** What could not be taken back. Empty when all of it was. */
  left: zod.array(zod.string()).default([]),
});
export type Undone = z.infer<typeof Undone>;

/** Files kept in the blob store under their digest; hand them from step to step, they travel between workers. */
export const FilesRef = zod.object({
  $files: zod.string().regex(/^sha256:[0-9a-f]{64}$/),
  bytes: zod.int(),
  entries: zod.int(),
});
export type FilesRef = z.infer<typeof FilesRef>;

export interface ExecOptions {
  env?: Record<string, string>;
  /** Relative to the working directory; must stay inside it. */
  cwd?: string;
  stdin?: string;
  timeoutMs?: number;
  /** From SIGTERM to SIGKILL. */
  graceMs?: number;
  network?: "none" | "host";
  memoryBytes?: number;
  processes?: number;
  outputBytes?: number;
  /**
   * File in the working directory that takes standard output as it is: for data to parse that is large or holds secrets.
   * It is then neither logged nor kept, and the outcome's `stdout` is empty. The file must not exist yet.
   */
  stdoutFile?: string;
  /** Exit codes that don't throw; default [0]. */
  okExitCodes?: readonly number[];
  /** Further paths that the command may read (bound read-only in the sandbox). */
  readable?: readonly string[];
  writable?: readonly string[];
}

export interface ExecOutcome {
  exitCode: number;
  /** Redacted; shortened in the middle when long, with the digest of the whole. */
  stdout: string;
  stderr: string;
  /** The whole output, where it was shortened. */
  full?: ArtifactRef;
  durationMs: number;
}

/** What a long-lived process needs that outlives the attempt, Gantry and its restarts (a deployed service). */
export interface LaunchOptions {
  env?: Record<string, string>;
  cwd: string;
  /** File that its output is appended to. */
  logFile: string;
}

/**
 * In whose name a tool works: ids and names, never a secret. It is the same in every try, on every worker and after a fork, as it
 * comes from the run's history. Commands get it as `GANTRY_RUN_…`.
 */
export interface ToolCaller {
  /** Who asked: for the run, or for the undo where somebody asked for that. */
  readonly actor: { readonly kind: "user" | "service" | "platform"; readonly id: string; readonly name: string };
  /** The human behind the actor, the same in all organizations; null: nobody is known. */
  readonly person: string | null;
  /** What acted for them, where they didn't ask themselves: the trigger that fired, or the run that this one is part of. */
  readonly through: { readonly kind: "trigger" | "run"; readonly id: string; readonly name: string | null } | null;
  /** Who else had a hand in it: who planned it, had it tried again, or asked for its undo. */
  readonly parties: readonly { readonly role: string; readonly id: string; readonly name: string }[];
  /** Who approved the change set that this attempt is of, for which group, and whose right they used. */
  readonly approvers: readonly {
    readonly id: string;
    readonly name: string;
    readonly group: string;
    readonly onBehalfOf: { readonly id: string; readonly name: string } | null;
  }[];
}

/**
 * Everything a tool may touch. Arguments and results are plain data, so that the very same tool can run in the
 * worker or in a process of its own.
 */
export interface ToolContext {
  readonly organization: string;
  readonly project: string;
  readonly environment: string;
  readonly runId: string;
  readonly stepKey: string;
  /** In `inspect` that of the attempt in question. */
  readonly attemptId: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** The name of who asked for the run. */
  readonly requester: string;
  /** In whose name it works. */
  readonly caller: ToolCaller;
  /**
   * The same for every try of this step and operation: give it to services that know idempotency keys. `inspect` has that
   * of the attempt in question.
   */
  readonly idempotencyKey: string;
  /** Grows whenever the run changes hands: give it to services that can refuse an older one. */
  readonly fence: number;
  /** Unix milliseconds. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /**
   * In `inspect`: `gone` when the platform has made sure that no process of the lost attempt is alive; otherwise one may
   * still be at work, and may still begin to.
   */
  readonly orphans?: "gone" | "possible";
  /** Fresh for each attempt, removed after it. */
  readonly workdir: string;
  /** Survives attempts and restarts on this host, one per organization and project: what is deployed here lives here. */
  readonly hostdir: string;
  now(): number;
  log(message: string, fields?: JsonObject): void;
  /** Runs a command under the platform's limits. @throws ToolFailedError on an exit code that isn't ok. */
  exec(command: string, args: readonly string[], options?: ExecOptions): Promise<ExecOutcome>;
  launch(command: string, args: readonly string[], options: LaunchOptions): Promise<{ pid: number }>;
  files: {
    /**
     * Keeps regular files and links that stay inside, with their mode. Relative paths start at the working directory.
     * `exclude` lists paths relative to `directory`, left out with all below them.
     */
    save(directory: string, options?: { exclude?: readonly string[] }): Promise<FilesRef>;
    /** Creates `directory`; files that are there already and not in `ref` stay. */
    restore(ref: FilesRef, directory: string): Promise<void>;
  };
  artifact(name: string, content: string | Uint8Array, contentType: string): Promise<ArtifactRef>;
  /**
   * What earlier tries of this step and operation wrote down that were lost or failed, oldest first; of this very attempt where it
   * goes on after a restart. In `inspect` what the attempt in question wrote down. Empty once somebody has it tried from the start.
   */
  readonly notes: readonly Json[];
  /**
   * Writes down how far it is, for a later try to go on from. Resolves once it is in the journal.
   * @throws NoteTooLargeError for what belongs into an artifact, NoteRefusedError where the attempt isn't this worker's any more;
   * then do nothing further.
   */
  note(value: Json): Promise<void>;
  /**
   * Has a model think, with the tools of the agent's `mind`: those that read or draft are called, what changes something is proposed. Each
   * answer and call is noted, so that a later try neither pays nor calls again.
   */
  think(request: ThinkRequest): Promise<Thought>;
  /** Reads text that nobody vouches for with a model that has no tools; only what fits the schema comes back. */
  extract(request: ExtractRequest): Promise<Json>;
  /**
   * Asks people. While nobody has answered it throws what ends the attempt, and no worker is held; the tool is called again from its start
   * once there is an answer, and then gets it. So ask before anything is changed, and let `AnswerAwaitedError` pass.
   * @throws AnswerAwaitedError, QuestionExpiredError
   */
  ask(request: AskRequest): Promise<Json>;
  /**
   * Says what is about to be used, before it is: a call that costs money, a request that is counted.
   * @throws UsageExceededError past the worst case that was reserved; then don't do it.
   */
  use(usage: Usage): void;
  /** The connection of that name that is nearest to the run; the tool must declare it. */
  connection(name: string): Promise<Connection>;
  /** Value of a SecretRef that the tool declared; from then on redacted everywhere. */
  secret(name: string): Promise<string>;
  /** Environment variables that point Terraform-compatible tools at the platform's HTTP state backend. */
  stateBackend(name: string): Promise<Record<string, string>>;
}

/** How to reach something, as people set it up. Credentials are fetched by `secret`. */
export interface Connection {
  name: string;
  kind: string;
  settings: Readonly<Record<string, string>>;
  /** The names of the secrets that hold its credentials, by what they are for; hand one to `secret`. */
  secrets: Readonly<Record<string, string>>;
}

export interface BinaryNeed {
  /** Any one of these, first found wins: `["terraform", "tofu"]`. */
  anyOf: readonly string[];
  minimum?: string;
  versionArgs?: readonly string[];
  install: string;
}

export interface ToolSpec<Input extends z.ZodType, Output extends z.ZodType> {
  /** `agent.verb`, such as `terraform.apply`. */
  name: `${string}.${string}`;
  version: string;
  title: string;
  effect: Effect;
  input: Input;
  output: Output;
  /** Running it twice is as good as once. Default: true for `reads` and `drafts`. */
  idempotent?: boolean;
  timeoutMs?: number;
  retry?: Partial<Retry>;
  /** What the children of an interrupted attempt do. Default: `kill` for reads and drafts, `continue` otherwise. */
  onWorkerLoss?: "continue" | "interrupt" | "kill";
  /** Everything that `run` does to the world goes through `ctx.exec`, so a lost attempt can be resumed by replaying it. */
  resumable?: boolean;
  /** It asks a model (`ctx.think`), so it isn't called within thinking. */
  thinks?: true;
  binaries?: readonly BinaryNeed[];
  secrets?: readonly string[];
  /** Names of the connections that it uses. Limits and circuit breakers go by them. */
  connections?: readonly string[];
  /**
   * What one `run` uses at most; budgets reserve it before and settle what `ctx.use` reported after. Without it: no money
   * and one request.
   */
  worstCase?: Usage;
  preview?: (input: z.infer<Input>, ctx: ToolContext) => Promise<z.input<typeof Preview>>;
  run: (input: z.infer<Input>, ctx: ToolContext) => Promise<z.input<Output>>;
  inspect?: (input: z.infer<Input>, ctx: ToolContext) => Promise<Inspection>;
  verify?: (input: z.infer<Input>, output: z.infer<Output>, ctx: ToolContext) => Promise<Verification>;
  /** `output` is null when the attempt failed or its outcome was never known. */
  undo?: (input: z.infer<Input>, output: z.infer<Output> | null, ctx: ToolContext) => Promise<z.input<typeof Undone>>;
}

/** A tool as the platform sees it: schemas and functions, the types of input and output forgotten. */
export interface Tool<Input = unknown, Output = unknown> {
  readonly spec: ToolSpec<z.ZodType<Input>, z.ZodType<Output>>;
  readonly name: string;
  readonly effect: Effect;
  /** Carries the types for `plan.step(…)`; never set. */
  readonly types?: { input: Input; output: Output };
}

/** A tool of whatever input and output: what a list of tools holds. `Tool<never, never>` takes none, as schemas are covariant. */
export type AnyTool = Pick<Tool, "name" | "effect"> & { readonly spec: object };

const defaultTimeoutMs = 10 * 60_000;

/** Declares a tool and fills in what follows from its effect. */
export function defineTool<Input extends z.ZodType, Output extends z.ZodType>(
  spec: ToolSpec<Input, Output>,
): Tool<z.infer<Input>, z.infer<Output>> {
  const harmless = spec.effect === "reads" || spec.effect === "drafts";
  const filled: ToolSpec<Input, Output> = {
    ...spec,
    idempotent: spec.idempotent ?? harmless,
    timeoutMs: spec.timeoutMs ?? defaultTimeoutMs,
    onWorkerLoss: spec.onWorkerLoss ?? (harmless ? "kill" : "continue"),
    resumable: spec.resumable ?? false,
  };
  return {
    spec: filled as unknown as Tool<z.infer<Input>, z.infer<Output>>["spec"],
    name: spec.name,
    effect: spec.effect,
  };
}
