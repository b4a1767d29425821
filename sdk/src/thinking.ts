import { z } from "zod";
import type { Json, JsonObject } from "./json.ts";
import type { Plan } from "./plan.ts";
import { ArtifactRef } from "./artifact-ref.ts";

/** What a question to a model is for; which models are asked follows from it. */
export const ThinkingTask = z.enum(["plan", "write", "review", "extract", "summarize", "answer"]);
export type ThinkingTask = z.infer<typeof ThinkingTask>;

/** How an agent thinks: for which kind of task, and with which tools by default. */
export interface Mind {
  task: ThinkingTask;
  /**
   * Names of tools that it may call; `*`: every installed one that reads or drafts; `mcp.*`: those that a person approved of MCP servers as
   * tools that read or draft. Those that change it only proposes.
   */
  tools: readonly string[];
  /** True: it is told what people vouch for of the project, looks up what else was noted, and notes what it finds out. */
  memory?: boolean;
  /** True: it may ask people in the middle of a run. */
  asks?: boolean;
  /** Folder of its package with skills: folders with a `SKILL.md` each, that it reads when it needs them. */
  skills?: string;
  /**
   * True: it reads the platform's own records of the place where it works (runs, what waits, costs, states, the audit trail), as far as whoever asked
   * for the run may read them.
   */
  records?: boolean;
}

/** Where thinking ends although the model would go on. */
export interface ThinkingLimits {
  /** Calls of the model that lead to calls of tools or to the answer. */
  turns: number;
  /** Tokens of all calls together, in and out. */
  tokens: number;
  /** Millionths of the currency's unit. */
  micros: number;
  ms: number;
  /** The same call of the same tool with the same input. */
  repeats: number;
  /** Times that an answer is sent back because it doesn't fit. */
  repairs: number;
  /** Tokens of one answer. */
  answerTokens: number;
  /** Tokens of a prompt; what was said earlier is summarized before there are more. */
  promptTokens: number;
}

export interface ThinkRequest {
  goal: string;
  /** Instead of the agent's own. */
  instructions?: string;
  /** Instead of the agent's own. */
  task?: ThinkingTask;
  /** Instead of the agent's own; a subset of them. */
  tools?: readonly string[];
  /** JSON Schema of an object that the answer must fit. */
  output?: JsonObject;
  /**
   * The answer is a plan of any installed runbooks and tools, as a `PlanDraft`: the thought's `output`. One that doesn't hold is sent back; what
   * became of it is the thought's `plan`.
   */
  planning?: boolean;
  /** What must stay in sight however long it takes. */
  facts?: readonly string[];
  /** A repository's folder in the working directory: its `AGENTS.md` is read last, and its skills can be; nobody vouches for either. */
  repository?: string;
  /** Where the goal itself came from, if not from the person who asks: a webhook, a file of a repository. */
  tainted?: readonly string[];
  limits?: Partial<ThinkingLimits>;
}

/** What came of thinking. */
export interface Thought {
  text: string;
  /** Null where no schema was given. */
  output: Json;
  /** Calls of tools, numbered as the model may cite them. */
  calls: readonly { source: number; tool: string; input: Json; failed: boolean }[];
  /**
   * What it proposes to change, or was asked to plan, as a plan that can be run; nothing of it was done. It says what was tainted, and
   * policy asks a person.
   */
  plan: Plan | null;
  /** From where text came that nobody vouches for: names of tools, and what the request named. */
  tainted: readonly string[];
  turns: number;
  tokens: { input: number; output: number };
  cost: { micros: number; currency: string; known: boolean } | null;
}

/** What a model is asked of text that nobody vouches for: no tool is at hand, and only what fits the schema comes back. */
export interface ExtractRequest {
  text: string;
  /** What to look for, in a sentence. */
  what: string;
  /** JSON Schema of an object. */
  schema: JsonObject;
}

const call = { thought: z.string(), turn: z.int() };

/** What thinking leaves in the journal, as notes of its attempt. `thought` tells several of one attempt apart. */
export const ThoughtNote = z.discriminatedUnion("kind", [
  z.object({
    ...call,
    kind: z.literal("answered"),
    /** What guardrails let through of what the model said. */
    answer: z.looseObject({
      text: z.string(),
      toolCalls: z.array(z.looseObject({ id: z.string(), name: z.string(), input: z.json() })),
      finish: z.string(),
      model: z.string(),
      usage: z.looseObject({ input: z.number(), output: z.number() }),
      cost: z.looseObject({ micros: z.number(), currency: z.string(), known: z.boolean() }),
      totalMs: z.number(),
    }),
  }),
  z.object({ ...call, kind: z.literal("calling"), id: z.string(), tool: z.string() }),
  z.object({
    ...call,
    kind: z.literal("called"),
    id: z.string(),
    tool: z.string(),
    /** As the model sees it. */
    output: z.string(),
    failed: z.boolean(),
    /** The whole result, where the model sees a part of it. */
    whole: ArtifactRef.optional(),
  }),
  z.object({
    ...call,
    kind: z.literal("summarized"),
    text: z.string(),
    /** How many of the newest turns stay beside it. */
    keeps: z.int().default(2),
    usage: z.looseObject({ input: z.number(), output: z.number() }),
    cost: z.looseObject({ micros: z.number(), currency: z.string(), known: z.boolean() }),
  }),
]);
export type ThoughtNote = z.infer<typeof ThoughtNote>;
