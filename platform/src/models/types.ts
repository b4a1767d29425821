import type { Json, JsonObject } from "@gantry/sdk";
import type { ModelContent } from "@gantry/sdk/api";

/** What a call is for. Routing prefers models of the tier that suits it. */
export type TaskClass = "plan" | "write" | "review" | "extract" | "summarize" | "answer";

export interface TextPart {
  type: "text";
  text: string;
}

export interface ImagePart {
  type: "image";
  /** Such as image/png. */
  mediaType: string;
  /** In base64. */
  data: string;
}

export interface ToolCall {
  /** As the provider named it; the result names it again. */
  id: string;
  name: string;
  /** A text where the model wrote something that isn't JSON: no schema of a tool takes it. */
  input: Json;
  /** What the provider wants back with the call, as it gave it: a signature of its thoughts, say. */
  echo?: JsonObject;
}

export interface ToolResult {
  id: string;
  name: string;
  /** Text, or any JSON. */
  output: Json;
  /** The tool failed, or wasn't called. */
  failed?: boolean;
}

export type ModelMessage =
  | { role: "system"; content: string }
  | { role: "user"; content: string | readonly (TextPart | ImagePart)[] }
  | { role: "assistant"; content: string; toolCalls?: readonly ToolCall[] }
  | { role: "tool"; results: readonly ToolResult[] };

export interface ModelTool {
  name: string;
  description: string;
  /** JSON Schema of an object. */
  inputSchema: JsonObject;
}

/** One question to whichever model suits it. Everything in it but `signal`, `counted` and `kept` is data. */
export interface ModelCall {
  organization: string;
  /** By id. Null: for the organization as such. */
  project: string | null;
  environment: string | null;
  /** Whose costs it is, and whose budgets bound it. */
  agent: string | null;
  runId: string | null;
  /** Of the run, where it has one. */
  step?: string | null;
  task: TaskClass;
  messages: readonly ModelMessage[];
  tools: readonly ModelTool[];
  /** JSON Schema that the answer is to fit. */
  output?: JsonObject;
  /** At most; what is set aside of budgets counts with it. */
  maxOutputTokens: number;
  /** 0 where the same question is to get the same answer; only such calls are answered from the cache. */
  temperature?: number;
  /** Only this model: `connection/model`, or a model's name. */
  model?: string;
  /**
   * Whoever gives it has the answer before its cost is written, and waits for that too before anything that lasts is made of the answer. Absent:
   * the answer waits for it.
   */
  counted?(written: Promise<void>): void;
  /** Told what was kept of the question and its answer, where the organization wants that kept, each time that a model was asked. */
  kept?(content: ModelContent): void;
  signal: AbortSignal;
}

export interface ModelUsage {
  /** Tokens of the prompt, `cachedInput` among them. */
  input: number;
  /** Those that the provider read from its cache. */
  cachedInput: number;
  /** Those that it wrote into its cache, which some take more for. */
  cacheWrite?: number;
  output: number;
}

export interface ModelCost {
  /** Millionths of the currency's unit. */
  micros: number;
  currency: string;
  /** False: the model's price isn't known, and it was counted as the dearest of its provider. */
  known: boolean;
}

/** One model that was asked, and what came of it. */
export interface ModelAttempt {
  /** Under which the call is written down; null: nothing left. */
  call: string | null;
  connection: string;
  provider: string;
  model: string;
  /** Code of the error that ended it; null for the one that answered. */
  error: string | null;
  ms: number;
}

/** Plain data, so that a journal can keep it whole. */
export interface ModelAnswer {
  text: string;
  toolCalls: ToolCall[];
  /** What `text` says, where a schema was given; null where it isn't JSON. It isn't checked against the schema here. */
  output?: Json;
  finish: "stop" | "tools" | "length" | "refused" | "filtered";
  usage: ModelUsage;
  cost: ModelCost;
  connection: string;
  provider: string;
  model: string;
  /** From the request to the first part of the answer that counts; null where it came from the cache. */
  firstTokenMs: number | null;
  totalMs: number;
  attempts: ModelAttempt[];
}

/** What readers see while the answer comes. `restart`: another model begins anew, forget what was shown. */
export type ModelPart = { type: "text"; text: string } | { type: "restart" } | { type: "tool"; name: string };
