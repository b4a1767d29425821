import type {
  ArtifactRef,
  Effect,
  Inspection,
  Json,
  JsonObject,
  ThinkingLimits,
  ThinkingTask,
  Thought,
} from "@gantry/sdk";
import type { ModelAnswer, ModelCall, ModelPart, ToolCall } from "../models/types.ts";

/** What a tool is told of the call besides its input. */
export interface CallAbout {
  /** The same in each try, and of no other call of the attempt. */
  id: string;
  /** From where text was read that nobody vouches for, up to here. */
  tainted: readonly string[];
  /** Names of the tools that were called before, by source. */
  tools: ReadonlyMap<number, string>;
  /** What is left of what thinking may take, for whoever thinks within the call. @throws ThinkingLimitError */
  checkLimits(): void;
}

/** A tool as thinking sees it. What changes anything has no `call`: it can only be proposed. */
export interface MindTool {
  name: string;
  title: string;
  effect: Effect;
  inputSchema: JsonObject;
  /** True: its name, description and schema are from outside, such as from an MCP server. */
  outside?: boolean;
  /** What is wrong with an input; nothing when it fits. */
  problemsOf(input: Json): string[];
  /** Carries it out with all its limits. @throws what the tool throws, redacted */
  call: ((input: Json, about: CallAbout) => Promise<Json>) | null;
  /** Whether a call that a worker's death interrupted was carried out; absent where the tool can't tell. */
  inspect?: (input: Json) => Promise<Inspection>;
  /** What it says is the platform's own: it taints nothing. */
  vouched?: boolean;
  /** Calling it twice does what once does, so it is called again where a worker died in the middle. */
  again?: boolean;
}

export interface MindDeps {
  answer(call: ModelCall, onPart?: (part: ModelPart) => void): Promise<ModelAnswer>;
  /** Shows an answer while it comes; absent where nobody can look. */
  show?(thought: string, turn: number): { part(part: ModelPart): void; end(): void };
  /** What the attempt's earlier tries noted, and this one since. */
  notes: readonly Json[];
  note(value: Json): Promise<void>;
  /** Keeps a result that is too long to be shown whole. */
  keep(name: string, text: string): Promise<ArtifactRef>;
  /** What was kept. */
  read(ref: ArtifactRef): Promise<string>;
  /** Takes secrets out of what leaves for a model. */
  redact(text: string): string;
  /** The default ones unless told. */
  guards?: Guards;
  /** A line for the run's log. */
  log(line: string): void;
  /** Unix milliseconds. */
  now(): number;
  about: Pick<ModelCall, "organization" | "project" | "environment" | "agent" | "runId" | "step">;
  signal: AbortSignal;
}

/** A step that the model wants done and that it may not do itself. */
export interface ProposedStep {
  id: string;
  tool: string;
  input: Json;
}

/** What came of it, before anybody made a plan of what it proposes. */
export type Found = Omit<Thought, "plan"> & { proposed: readonly ProposedStep[] };

/** A request with everything filled in. */
export interface Thinking {
  /** Tells several of one attempt apart, the same in each try. */
  id: string;
  goal: string;
  instructions: string;
  task: ThinkingTask;
  /** What is there besides the tools, said after the instructions. `outside`: whose words are in it that nobody vouches for. */
  offered?: { text: string; outside: readonly string[] };
  tools: readonly MindTool[];
  output: JsonObject | null;
  /** What else is wrong with an answer that fits `output`; nothing when it will do. */
  check?: (output: Json) => string[];
  facts: readonly string[];
  tainted: readonly string[];
  limits: ThinkingLimits;
  /** Of the thinking that asked for this one. @throws ThinkingLimitError */
  checkLimits?: () => void;
}

export const defaultLimits: ThinkingLimits = {
  turns: 20,
  tokens: 400_000,
  micros: 5_000_000,
  ms: 15 * 60_000,
  repeats: 3,
  repairs: 2,
  answerTokens: 4_096,
  promptTokens: 60_000,
};

/** What came of a call, as the model is told. */
export interface CallResult {
  output: string;
  failed: boolean;
  whole?: ArtifactRef | undefined;
}

/** One call of a tool, with what came of it. */
export interface MadeCall {
  source: number;
  call: ToolCall;
  tool: string;
  result: CallResult;
  /** What came back is from outside: nobody vouches for it. */
  tainted: boolean;
}

/** What guardrails know of the thinking so far. */
export interface Seen {
  /** What people and the agent's author said. */
  vouched: string;
  /** What came from elsewhere. */
  outside: readonly string[];
  /** How many sources there are. */
  sources: number;
}

export interface GuardedCall {
  name: string;
  input: Json;
  /** It would be carried out now; else it is only proposed. */
  runs: boolean;
  /** Its place among the calls of one answer, from 1. */
  nth: number;
}

/**
 * What stands between a model and everything else. None of them tries to tell whether a text is an attack: they bound what can follow from
 * one (docs/decisions/0055).
 */
export interface Guards {
  /** What is said to a model goes through these. */
  input: readonly ((text: string) => string)[];
  /** Why a call isn't made, told to the model; null: nothing against it. */
  tool: readonly ((call: GuardedCall, seen: Seen) => string | null)[];
  /** What a model answers goes through these before anybody gets it. */
  output: readonly ((text: string, seen: Seen) => string)[];
}
