import { createHash, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AskRequest } from "../asking.ts";
import { GantryError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import { createMeter } from "../meter.ts";
import { createNotepad } from "../notepad.ts";
import type { ExtractRequest, Thought, ThinkRequest } from "../thinking.ts";
import type { ArtifactRef } from "../artifact-ref.ts";
import type { Connection, ExecOutcome, ToolCaller, ToolContext } from "../tool.ts";
import type { Usage } from "../usage.ts";
import { killGroup, launchCommand, runCommand } from "./run-command.ts";
import { inside, restoreFiles, saveFiles } from "./saved-files.ts";
import type { StateServer } from "./state-server.ts";

export interface TestContextOptions {
  organization?: string;
  project?: string;
  environment?: string;
  runId?: string;
  stepKey?: string;
  attemptId?: string;
  attempt?: number;
  requester?: string;
  /** What isn't told: the requester, by themselves, and nobody approved. */
  caller?: Partial<ToolCaller>;
  fence?: number;
  orphans?: "gone" | "possible";
  /** Unix milliseconds; the real clock by default. */
  clock?: () => number;
  /** Milliseconds from now to the deadline; default 10 minutes. */
  deadlineMs?: number;
  /** Cancels the attempt. */
  signal?: AbortSignal;
  /** Values by SecretRef name. Once asked for, they are redacted from output, logs and artifacts. */
  secrets?: Readonly<Record<string, string>>;
  connections?: Readonly<Record<string, Pick<Connection, "kind"> & Partial<Connection>>>;
  /** What the tool may use at most; what it uses beyond is refused, as it is by the platform. */
  worstCase?: Usage;
  /** What earlier tries wrote down. */
  notes?: readonly Json[];
  /** What thinking comes to; what isn't told is as of somebody who answers at once, without a tool. */
  think?: (request: ThinkRequest) => Partial<Thought> | Promise<Partial<Thought>>;
  /** What is found in a text. */
  extract?: (request: ExtractRequest) => Json | Promise<Json>;
  /** What people answer. Throw `AnswerAwaitedError` as long as nobody has, `QuestionExpiredError` when nobody does. */
  ask?: (request: AskRequest) => Json | Promise<Json>;
  /** Told of what the tool writes down, before the tool goes on. */
  onNote?: (note: Json) => void;
  /** `startStateServer()`, or anything else that speaks the protocol. */
  stateBackend?: Pick<StateServer, "environment">;
  /** Variables of this process that commands may see besides PATH and the locale, as an operator would list them. */
  passEnvironment?: readonly string[];
  /** Variables for every command, over those passed on. */
  commandEnvironment?: Readonly<Record<string, string>>;
}

/** A context over temporary folders, and what the tool left there. Dispose of it with `await using`. */
export interface TestContext extends ToolContext, AsyncDisposable {
  readonly logs: readonly { message: string; fields: JsonObject }[];
  readonly artifacts: readonly (ArtifactRef & { path: string })[];
  /** What it wrote down, oldest first. */
  readonly noted: readonly Json[];
  /** Command lines that ran, in order. */
  readonly commands: readonly (readonly string[])[];
  /** What they said, as far as the platform would keep it, in the order in which they ended. */
  readonly outcomes: readonly ExecOutcome[];
  /** Kills every running command with SIGKILL, children included, as when the power goes. Their `exec` throws. */
  crash(): void;
  /**
   * Another attempt or operation of the same run on the same host: own working directory; files, artifacts, logs and the
   * host directory are shared. Options not given are taken over. It ends with the context it came from.
   */
  next(options?: TestContextOptions): Promise<TestContext>;
}

interface Shared {
  root: string;
  logs: { message: string; fields: JsonObject }[];
  artifacts: (ArtifactRef & { path: string })[];
  commands: (readonly string[])[];
  outcomes: ExecOutcome[];
  /** Process groups of the commands that run. */
  running: Set<number>;
  /** Values to redact. */
  revealed: Set<string>;
}

/**
 * Everything that a tool may touch, over temporary folders. Children are real but run without the platform's shim and
 * sandbox; timeouts, cancelling, exit codes, files and redaction of whole secrets behave as they do there.
 */
export async function createTestContext(options: TestContextOptions = {}): Promise<TestContext> {
  const root = await mkdtemp(join(tmpdir(), "gantry-tool-"));
  for (const folder of ["files", "artifacts", "host"]) await mkdir(join(root, folder));
  return openContext(
    { root, logs: [], artifacts: [], commands: [], outcomes: [], running: new Set(), revealed: new Set() },
    options,
  );
}

async function openContext(shared: Shared, options: TestContextOptions): Promise<TestContext> {
  const attemptRoot = await mkdtemp(join(shared.root, "attempt-"));
  const [workdir, home, tmp] = ["work", "home", "tmp"].map((name) => join(attemptRoot, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [workdir, home, tmp]) await mkdir(folder);

  const { clock = Date.now, secrets = {}, connections = {}, stateBackend } = options;
  const meter = createMeter("tool", options.worstCase ?? { requests: 1 });
  const { runId = randomUUID(), stepKey = "step", attempt = 1, fence = 1 } = options;
  const attemptId = options.attemptId ?? randomUUID();
  const deadline = clock() + (options.deadlineMs ?? 10 * 60_000);
  const signal = options.signal ?? new AbortController().signal;
  const noted: Json[] = [];
  const notepad = createNotepad("tool", options.notes ?? []);
  const redact = (text: string): string =>
    [...shared.revealed].reduce((left, value) => left.replaceAll(value, "[secret]"), text);
  const environment = commandEnvironment(options, { HOME: home, TMPDIR: tmp, GANTRY_ATTEMPT_ID: attemptId });

  return {
    organization: options.organization ?? "acme",
    project: options.project ?? "shop",
    environment: options.environment ?? "staging",
    requester: options.requester ?? "requester",
    caller: {
      actor: { kind: "user", id: "requester", name: options.requester ?? "requester" },
      person: null,
      through: null,
      parties: [],
      approvers: [],
      ...options.caller,
    },
    runId,
    stepKey,
    attemptId,
    attempt,
    fence,
    idempotencyKey: `${runId}/${stepKey}`,
    deadline,
    signal,
    ...(options.orphans === undefined ? {} : { orphans: options.orphans }),
    workdir,
    hostdir: join(shared.root, "host"),
    logs: shared.logs,
    artifacts: shared.artifacts,
    notes: options.notes ?? [],
    noted,
    commands: shared.commands,
    outcomes: shared.outcomes,
    now: clock,
    log: (message, fields = {}) =>
      void shared.logs.push({
        message: redact(message),
        fields: JSON.parse(redact(JSON.stringify(fields))) as JsonObject,
      }),
    async exec(command, args, execOptions = {}) {
      shared.commands.push([command, ...args]);
      const ended = await runCommand(command, args, {
        ...execOptions,
        workdir,
        environment,
        signal,
        redact,
        running: shared.running,
      });
      shared.outcomes.push(ended);
      return ended;
    },
    launch: (command, args, launchOptions) => launchCommand(command, args, { ...launchOptions, environment }),
    files: {
      save: async (directory, saveOptions) =>
        saveFiles(join(shared.root, "files"), inside(workdir, directory), saveOptions?.exclude ?? []),
      restore: async (ref, directory) => restoreFiles(join(shared.root, "files"), ref, inside(workdir, directory)),
    },
    async artifact(name, content, contentType) {
      const bytes = typeof content === "string" ? Buffer.from(redact(content)) : Buffer.from(content);
      const digest = createHash("sha256").update(bytes).digest("hex");
      const path = join(shared.root, "artifacts", digest);
      await writeFile(path, bytes);
      const ref: ArtifactRef = { $artifact: `sha256:${digest}`, name, bytes: bytes.byteLength, contentType };
      shared.artifacts.push({ ...ref, path });
      return ref;
    },
    async note(value) {
      const taken = JSON.parse(redact(JSON.stringify(notepad(value)))) as Json;
      noted.push(taken);
      options.onNote?.(taken);
    },
    async think(request) {
      if (!options.think) throw new ThoughtNotGivenError("The test context can't think. Give it `think`.");
      return { ...firstThought, ...(await options.think(request)) };
    },
    async extract(request) {
      if (!options.extract) throw new ThoughtNotGivenError("The test context can't extract. Give it `extract`.");
      return options.extract(request);
    },
    async ask(request) {
      if (!options.ask) throw new ThoughtNotGivenError("Nobody answers in the test context. Give it `ask`.");
      return options.ask(request);
    },
    use: (usage) => meter.use(usage),
    async connection(name) {
      const found = connections[name];
      if (found === undefined)
        throw new ConnectionNotGivenError(`The test context has no connection "${name}". Add it to its connections.`);
      return { name, settings: {}, secrets: {}, ...found };
    },
    async secret(name) {
      const value = secrets[name];
      if (value === undefined)
        throw new SecretNotGivenError(`The test context has no secret "${name}". Add it to its secrets.`);
      shared.revealed.add(value);
      return value;
    },
    async stateBackend(name) {
      if (stateBackend === undefined)
        throw new StateBackendNotGivenError(
          "The test context has no state backend. Give it one with startStateServer().",
        );
      return stateBackend.environment(name, { runId, stepKey, attemptId, fence });
    },
    crash: () => shared.running.forEach((group) => killGroup(group, "SIGKILL")),
    next: (more = {}) => {
      const { attemptId: _own, notes: _notes, onNote: _onNote, ...taken } = options;
      return openContext(shared, { ...taken, runId, ...more });
    },
    async [Symbol.asyncDispose]() {
      await rm(shared.root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const firstThought: Thought = {
  text: "",
  output: null,
  calls: [],
  plan: null,
  tainted: [],
  turns: 1,
  tokens: { input: 0, output: 0 },
  cost: null,
};

function commandEnvironment(options: TestContextOptions, own: Record<string, string>): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of ["PATH", "LANG", "LC_ALL", "TZ", ...(options.passEnvironment ?? [])]) {
    const value = process.env[name];
    if (value !== undefined) passed[name] = value;
  }
  return { ...passed, ...options.commandEnvironment, ...own };
}

export class ConnectionNotGivenError extends GantryError {
  readonly code = "test_connection_not_given";
}

export class SecretNotGivenError extends GantryError {
  readonly code = "test_secret_not_given";
}

export class ThoughtNotGivenError extends GantryError {
  readonly code = "test_thought_not_given";
}

export class StateBackendNotGivenError extends GantryError {
  readonly code = "test_state_backend_not_given";
}
