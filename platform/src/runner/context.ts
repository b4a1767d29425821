import { createMeter, type Connection, type Meter, type ToolContext, type Usage } from "@gantry/sdk";
import type { AttemptRequest } from "../engine/ports.ts";
import { createRedactor, MINIMUM_SECRET_LENGTH, type Redactor } from "../lib/redact.ts";
import { ConnectionNotDeclaredError, SecretNotDeclaredError } from "./errors.ts";
import { openWorkshop, type Workshop, type WorkshopDeps } from "./workshop.ts";

export interface ContextDeps extends WorkshopDeps {
  resolveSecret(request: AttemptRequest, name: string): Promise<string>;
  /** What the run was given before; undefined for nothing. */
  secretsGiven?(request: AttemptRequest): Promise<readonly string[]> | undefined;
  /** @throws ConnectionNotFoundError */
  resolveConnection(request: AttemptRequest, name: string): Promise<Connection>;
  stateBackend(request: AttemptRequest, name: string): Promise<Record<string, string>>;
}

/** An attempt's context, and what only the runner may do with it. */
export interface AttemptContext {
  readonly tool: ToolContext;
  /** Hides values from then on, in everything that leaves the attempt. */
  hide(secrets: readonly string[]): void;
  redactor(): Redactor;
  /** True once it has folders on disk. */
  opened(): boolean;
  /** True once a command's outcome could not be learnt. */
  lost(): boolean;
  /** What the tool said that it used; undefined when it said nothing. */
  used(): Usage | undefined;
  /** What a program says of its version, without counting as a command of the attempt. */
  probe(command: string, args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** Everything a tool may touch. */
export function openContext(deps: ContextDeps, request: AttemptRequest, signal: AbortSignal): AttemptContext {
  const { org, project, environment, runId, attemptId } = request;
  let secrets: Set<string> | undefined;
  /** Names of the secrets of connections that it was given. */
  let credentials: Set<string> | undefined;
  let redactor = nothingHidden;
  let workshop: Workshop | undefined;
  let meter: Meter | undefined;
  // Most attempts need neither folder nor log nor command: they don't pay for what makes them.
  const shop = () => (workshop ??= openWorkshop(deps, request, signal, () => redactor));
  const hide = (values: readonly string[]) => {
    const known = secrets?.size ?? 0;
    for (const value of values)
      if (Buffer.byteLength(value) >= MINIMUM_SECRET_LENGTH) (secrets ??= new Set()).add(value);
    // Making a redactor indexes all its patterns; most attempts have nothing to hide.
    if (secrets === undefined || secrets.size === known) return;
    redactor = createRedactor([...secrets]);
  };

  const tool: ToolContext = {
    organization: org,
    project,
    environment,
    runId,
    stepKey: request.stepKey,
    attemptId: request.subject?.attemptId ?? attemptId,
    attempt: request.number,
    requester: request.requester.name,
    caller: request.caller,
    idempotencyKey: request.idempotencyKey,
    fence: request.fence,
    deadline: request.deadline,
    signal,
    ...(request.subject === null ? {} : { orphans: request.subject.host === deps.host ? "gone" : "possible" }),
    get workdir() {
      return shop().workdir();
    },
    get hostdir() {
      return shop().hostdir();
    },
    now: deps.clock,
    log: (message, fields) => {
      const line = redactor.redact(`${message}${fields === undefined ? "" : ` ${JSON.stringify(fields)}`}\n`);
      shop().append("stderr", line);
    },
    exec: (command, args, options) => shop().exec(command, args, options),
    launch: (command, args, options) => shop().launch(command, args, options),
    files: {
      save: (directory, options) => shop().save(directory, options),
      restore: (ref, directory) => shop().restore(ref, directory),
    },
    artifact: (name, content, contentType) => {
      const bytes = typeof content === "string" ? Buffer.from(redactor.redact(content)) : redactor.redactBytes(content);
      return shop().storeFile(name, bytes, contentType);
    },
    use: (usage) => (meter ??= createMeter(request.tool, request.worstCase)).use(usage),
    async connection(name) {
      if (!deps.tools.get(request.tool)?.tool.spec.connections?.includes(name))
        throw new ConnectionNotDeclaredError(request.tool, name);
      const found = await deps.resolveConnection(request, name);
      for (const secret of Object.values(found.secrets)) (credentials ??= new Set()).add(secret);
      return found;
    },
    async secret(name) {
      if (!credentials?.has(name) && !deps.tools.get(request.tool)?.tool.spec.secrets?.includes(name))
        throw new SecretNotDeclaredError(request.tool, name);
      const value = await deps.resolveSecret(request, name);
      hide([value]);
      return value;
    },
    async stateBackend(name) {
      const variables = await deps.stateBackend(request, name);
      hide(Object.entries(variables).flatMap(([key, value]) => (key.endsWith("_PASSWORD") ? [value] : [])));
      return variables;
    },
  };
  return {
    tool,
    hide,
    redactor: () => redactor,
    used: () => meter?.used(),
    opened: () => workshop?.opened() ?? false,
    lost: () => workshop?.lost() ?? false,
    probe: (command, args) => shop().probe(command, args),
    close: async () => workshop?.close(),
  };
}

const nothingHidden = createRedactor([]);
