import type { Actor, Decision, Json, Operation, Plan, Risk, RunEvent, ToolCaller, Usage } from "@gantry/sdk";
import type { HostTool } from "@gantry/sdk/api";
import type { AttemptReport, PolicyFacts } from "@gantry/sdk/core";
import { breakerRules, type BreakerRules } from "../domain/limits/breaker.ts";
import type { Log } from "../lib/log.ts";
import type { StoredRun } from "../store/journal/load-runs.ts";
import type { TakeCallPermit } from "./call-permits.ts";
import type { DatabaseClock } from "./database-clock.ts";

export interface AttemptRequest {
  org: string;
  project: string;
  environment: string;
  runId: string;
  stepKey: string;
  attemptId: string;
  /** 1 for the first try of the operation. */
  number: number;
  operation: Operation;
  tool: string;
  /** Of the tool, as the plan froze it. */
  digest: string;
  /** Resolved; SecretRefs are still references. */
  input: Json;
  /** What `run` gave, for `verify` and `undo`. */
  output: Json;
  requester: Actor;
  caller: ToolCaller;
  fence: number;
  /** Unix milliseconds. */
  deadline: number;
  /** What earlier tries wrote down; see `ToolContext.notes`. */
  notes: readonly Json[];
  /** What it may use at most: as much was set aside where budgets cover it. */
  worstCase: Usage;
  /** The same for every try of this step and operation; an inspection has that of the attempt in question. */
  idempotencyKey: string;
  /** An earlier process of this host had it, and may go on with it if it was only stopped. */
  resumed?: true;
  /** For `inspect`: the attempt in question, and the host where it ran. */
  subject: { attemptId: string; host: string } | null;
  /** From where its input may hold text that nobody vouches for: other steps, a trigger, the run that this one is part of. */
  tainted?: readonly string[];
}

/** What carries out an attempt. One attempt is never run twice at the same time. */
export interface AttemptRunner {
  /**
   * Never throws. Whatever it reports is redacted already. Aborts the attempt itself at its deadline. `note` writes into the
   * journal and resolves once it is there. @throws NoteRefusedError
   * `permit` is taken for each tool that the attempt calls within itself.
   */
  run(
    request: AttemptRequest,
    abort: AbortController,
    note: (value: Json) => Promise<void>,
    permit: TakeCallPermit,
  ): Promise<AttemptReport>;
  /** After a restart on the same host: true when `run` with the same attempt id continues instead of beginning anew. */
  canResume(request: AttemptRequest): Promise<boolean>;
  /** Ends whatever is left of the attempt on this host; resolves when nothing of it runs any more. */
  settle(attemptId: string): Promise<void>;
  /** Called once the attempt's end is committed: what was kept to continue it may go. */
  forget(attempt: { runId: string; attemptId: string }): Promise<void>;
  /** Digest of the tool's package and of the binaries that it uses here. */
  fingerprint(tool: string): string;
  has(tool: string): boolean;
}

export interface SubRunRequest {
  org: string;
  project: string;
  environment: string;
  runbook: string;
  parameters: Json;
  requester: Actor;
}

/** What policy must know of a run. */
export type PolicedRun = Pick<StoredRun, "org" | "project" | "environment" | "protection" | "basis">;

export interface WorkerConfig {
  /** Of the role `gantry_engine`. */
  databaseUrl: string;
  host: string;
  version: string;
  pool: string;
  agents: readonly { name: string; version: string }[];
  /** What its host has for them. */
  tools: readonly HostTool[];
  /** Attempts at once. */
  capacity: number;
  /** Runs in memory at once; those that only wait are not kept there. */
  maxRuns: number;
  /** Milliseconds without a heartbeat after which others take the runs over. */
  leaseMs: number;
  /** Milliseconds between looks for work that no notification announced. */
  pollMs: number;
  /** Waits up to this many milliseconds stay in memory. */
  shortWaitMs: number;
  /** Milliseconds that running attempts get when the worker drains. */
  drainGraceMs: number;
  /** Milliseconds for which an approval may be used. */
  approvalMs: number;
  /** When the connections of tools are left alone. */
  breaker: BreakerRules;
  /** For fault tests; see `crash-points.ts`. */
  crashAt: string | null;
}

/** Signs what people decide about change sets, and knows its own signatures; the installation's signer is one. */
export interface DecisionSigner {
  /** The key that signs now. */
  current(): Promise<{ kid: string; sign(bytes: Uint8Array): { kid: string; signature: string } }>;
  /** `at`: Unix milliseconds of when it was signed. */
  verify(kid: string, bytes: Uint8Array, signature: string, at: number): Promise<boolean>;
}

export interface WorkerDeps<Own = unknown> {
  config: WorkerConfig;
  /** One that the runner tells the time by too: deadlines are the database's time. Its own by default. */
  clock?: DatabaseClock;
  runner: AttemptRunner;
  /** The policy's answer. Synchronous, because `decide` is. `own`: what `loadOwnRules` found. */
  assess(facts: PolicyFacts, run: PolicedRun, own?: Own): { decision: Decision; risk: Risk };
  /** What the organization, the project and the environment add to it; asked for with a run whose `basis` isn't empty. */
  loadOwnRules?(run: PolicedRun): Promise<Own>;
  /**
   * Finds the runbook of a sub-run; what is returned makes the plan, and throws what the runbook refuses. Rejected with
   * anything but a GantryError, it is tried again: the database may be away.
   */
  planSubRun(request: SubRunRequest): Promise<() => Plan>;
  signer: DecisionSigner;
  /** Told of what is committed, possibly twice after a crash. Must return at once and not throw. */
  onCommitted?(run: { id: string; org: string }, events: readonly RunEvent[]): void;
  newId(): string;
  random(): number;
  log: Log;
}

export const workerDefaults = {
  tools: [],
  capacity: 200,
  maxRuns: 1_000,
  leaseMs: 15_000,
  pollMs: 1_000,
  shortWaitMs: 2_000,
  drainGraceMs: 30_000,
  approvalMs: 24 * 3_600_000,
  breaker: breakerRules,
  crashAt: null,
} as const;
