import {
  createMeter,
  createNotepad,
  type Connection,
  type Json,
  type Meter,
  type ToolContext,
  type Usage,
} from "@gantry/sdk";
import type { AttemptRequest } from "../engine/ports.ts";
import { createRedactor, MINIMUM_SECRET_LENGTH, type Redactor } from "../lib/redact.ts";
import { MindMissingError } from "../mind/index.ts";
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

export interface Calling {
  request: AttemptRequest;
  signal: AbortSignal;
  /** Writes into the journal, redacted already. */
  note(value: Json): Promise<void>;
  /** What thinks for it, made where it does. */
  mind(means: MindMeans): Mind;
}

export type Mind = Pick<ToolContext, "think" | "extract" | "ask">;

export interface MindMeans {
  context: AttemptContext;
  note(value: Json): Promise<void>;
  /** The context of a tool that is called within thinking: of the same attempt, with what that tool declares. */
  nested(tool: string, signal: AbortSignal, mind: Partial<Mind>): ToolContext;
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
export function openContext(deps: ContextDeps, { request, signal, note, mind }: Calling): AttemptContext {
  const { org, project, environment, runId, attemptId } = request;
  let secrets: Set<string> | undefined;
  /** Names of the secrets of connections that tools were given, by tool. */
  let credentials: Map<string, Set<string>> | undefined;
  let redactor = nothingHidden;
  let workshop: Workshop | undefined;
  let meter: Meter | undefined;
  let notepad: ((value: Json) => Json) | undefined;
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

  const given = (tool: string): Set<string> => {
    credentials ??= new Map<string, Set<string>>();
    const known = credentials.get(tool) ?? new Set<string>();
    credentials.set(tool, known);
    return known;
  };
  const toolOf = (name: string, own: OwnMeans): ToolContext => ({
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
      void shop().append("stderr", line);
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
    ...own,
    use: (usage) => (meter ??= createMeter(request.tool, request.worstCase)).use(usage),
    async connection(connection) {
      if (!deps.tools.get(name)?.tool.spec.connections?.includes(connection))
        throw new ConnectionNotDeclaredError(name, connection);
      const found = await deps.resolveConnection(request, connection);
      for (const secret of Object.values(found.secrets)) given(name).add(secret);
      return found;
    },
    async secret(secret) {
      if (!credentials?.get(name)?.has(secret) && !deps.tools.get(name)?.tool.spec.secrets?.includes(secret))
        throw new SecretNotDeclaredError(name, secret);
      const value = await deps.resolveSecret(request, secret);
      hide([value]);
      return value;
    },
    async stateBackend(state) {
      const variables = await deps.stateBackend(request, state);
      hide(Object.entries(variables).flatMap(([key, value]) => (key.endsWith("_PASSWORD") ? [value] : [])));
      return variables;
    },
  });
  const writeDown = async (value: Json): Promise<void> => {
    const taken = (notepad ??= createNotepad(request.tool, request.notes))(value);
    await note(redactor.redactValue(taken));
  };
  let opened: Mind | undefined;
  const thinking = (): Mind => (opened ??= mind({ context, note: writeDown, nested }));
  /** Nobody goes on from what a call within thinking notes itself: what thinks in it does. */
  const nested = (name: string, stop: AbortSignal, mind: Partial<Mind>): ToolContext => {
    const refuse = () => Promise.reject(new MindMissingError(name));
    const own = { think: refuse, extract: refuse, ask: refuse, ...mind };
    return toolOf(name, { signal: stop, notes: [], note: () => Promise.resolve(), ...own });
  };
  const context: AttemptContext = {
    tool: toolOf(request.tool, {
      signal,
      notes: request.notes,
      note: writeDown,
      think: (question) => thinking().think(question),
      extract: (question) => thinking().extract(question),
      ask: (question) => thinking().ask(question),
    }),
    hide,
    redactor: () => redactor,
    used: () => meter?.used(),
    opened: () => workshop?.opened() ?? false,
    lost: () => workshop?.lost() ?? false,
    probe: (command, args) => shop().probe(command, args),
    close: async () => workshop?.close(),
  };
  return context;
}

type OwnMeans = Pick<ToolContext, "signal" | "notes" | "note"> & Mind;

const nothingHidden = createRedactor([]);
