import { z } from "zod";
import { ErrorData } from "../error-data.ts";
import { Json } from "../json.ts";
import { Name, PageQuery, Text, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

const Price = z.object({ input: z.number(), cached: z.number().nullable(), output: z.number() });

export const ModelView = z.object({
  connection: z.string(),
  provider: z.string(),
  model: z.string(),
  tier: z.enum(["best", "balanced", "fast"]),
  /** Tokens of question and answer together; null: not known. */
  context: z.int().nullable(),
  /** Tokens of an answer. */
  output: z.int().nullable(),
  can: z.array(z.string()),
  /** US dollars per million tokens. */
  price: Price,
  /** False: it isn't known, and counted as that of its provider's dearest model. */
  priceKnown: z.boolean(),
  /** When the price was looked up; null where the connection says it, or nobody does. */
  asOf: z.string().nullable(),
  /** Why it won't be asked; null: it may be. */
  refused: z.string().nullable(),
});
export type ModelView = z.infer<typeof ModelView>;

export const ModelUsageView = z.object({ input: z.int(), cachedInput: z.int(), output: z.int() });

export const ModelTest = z.object({
  outcome: z.enum(["answered", "failed"]),
  /** What it said. */
  text: z.string(),
  connection: z.string().nullable(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  firstTokenMs: z.number().nullable(),
  totalMs: z.number(),
  usage: ModelUsageView.nullable(),
  /** Millionths of a US dollar; `known` false: counted as the provider's dearest. */
  cost: z.object({ micros: z.int(), currency: z.string(), known: z.boolean() }).nullable(),
  error: ErrorData.nullable(),
  /** Models that were asked before the one that answered, and why they didn't. */
  attempts: z.array(
    z.object({
      /** Under which the call is written down; null: nothing left. */
      call: z.string().nullable(),
      connection: z.string(),
      provider: z.string(),
      model: z.string(),
      error: z.string().nullable(),
      ms: z.number(),
    }),
  ),
});
export type ModelTest = z.infer<typeof ModelTest>;

export const ModelCostView = z.object({
  /** Of what it was asked by; null: calls that name none. */
  key: z.string().nullable(),
  calls: z.int(),
  failed: z.int(),
  input: z.int(),
  cachedInput: z.int(),
  output: z.int(),
  /** Millionths of a US dollar. */
  micros: z.int(),
  /** False: some of it counts as the dearest of its provider. */
  priceKnown: z.boolean(),
  /** On average. */
  firstTokenMs: z.int().nullable(),
});
export type ModelCostView = z.infer<typeof ModelCostView>;

export const ModelPolicyView = z.object({
  /** Providers to which the organization's data may go; null: all that are connected. */
  providers: z.array(z.string()).nullable(),
  /** Regions, as connections say theirs; null: any. */
  regions: z.array(z.string()).nullable(),
  prefer: z.enum(["quality", "cost", "latency"]),
  /** How long answers to calls that have only one are kept in memory; 0: not at all. */
  cacheSeconds: z.int(),
  /** Whether prompts and answers are kept: not at all, without what tells who somebody is, or as they left. Secrets never are. */
  store: z.enum(["off", "redacted", "full"]),
  /** For how many days; null: for ever. The rule of retention for `prompts`. */
  storeDays: z.int().nullable(),
  updatedAt: Timestamp.nullable(),
  actor: z.string().nullable(),
});
export type ModelPolicyView = z.infer<typeof ModelPolicyView>;

/** A call of a model: one question to one model, answered or not. */
export const ModelCallView = z.object({
  id: Uuid,
  at: Timestamp,
  agent: z.string().nullable(),
  run: Uuid.nullable(),
  step: z.string().nullable(),
  task: z.string(),
  connection: z.string(),
  provider: z.string(),
  model: z.string(),
  /** `open`: under way; `lost`: whoever asked died before the end was known. */
  state: z.enum(["open", "answered", "failed", "lost"]),
  usage: ModelUsageView,
  cost: z.object({ micros: z.int(), currency: z.string(), known: z.boolean() }),
  firstTokenMs: z.int().nullable(),
  totalMs: z.int().nullable(),
  /** Code of the error that ended it. */
  error: z.string().nullable(),
  /** As what the prompt and the answer are kept; null: they aren't. */
  stored: z.enum(["redacted", "full"]).nullable(),
});
export type ModelCallView = z.infer<typeof ModelCallView>;

const CalledTool = z.object({ id: z.string(), name: z.string(), input: Json });

/** What was asked in one call, as it left, and what came back. */
export const ModelContent = z.object({
  messages: z.array(
    z.object({
      role: z.enum(["system", "user", "assistant", "tool"]),
      text: z.string(),
      /** Tools that the model had called. */
      calls: z.array(CalledTool),
      /** What the model was told of its calls. */
      results: z.array(z.object({ id: z.string(), name: z.string(), output: Json, failed: z.boolean() })),
    }),
  ),
  /** Names of the tools that it was offered. */
  tools: z.array(z.string()),
  /** JSON Schema that the answer was to fit. */
  output: Json,
  maxOutputTokens: z.int(),
  temperature: z.number().nullable(),
  /** As the provider sent it, before any guardrail. */
  answer: z.object({
    text: z.string(),
    calls: z.array(CalledTool),
    /** Null: it didn't end; the text is what had come. */
    finish: z.string().nullable(),
  }),
});
export type ModelContent = z.infer<typeof ModelContent>;

export const ModelCallContent = z.object({ call: ModelCallView, content: ModelContent });
export type ModelCallContent = z.infer<typeof ModelCallContent>;

const PlaceQuery = z.object({ project: Name.optional(), environment: Name.optional() });

export const models = {
  list: endpoint({
    id: "models.list",
    method: "GET",
    path: "/models",
    summary:
      "Models that calls from there can use, with what they take, cost and can do, and connections that are set up wrongly.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PlaceQuery,
    answer: z.object({
      items: z.array(ModelView),
      problems: z.array(z.object({ connection: z.string(), message: z.string() })),
    }),
  }),
  test: endpoint({
    id: "models.test",
    method: "POST",
    path: "/models/test",
    summary: "Ask a model for one word, as a run there would, and say how that went. It costs what it costs.",
    scope: "admin",
    resource: { kind: "place", in: "query" },
    query: PlaceQuery,
    body: z.object({
      /** A model, or `connection/model`; the one that routing prefers unless told. */
      model: Text(300).optional(),
    }),
    answer: ModelTest,
  }),
  costs: endpoint({
    id: "models.costs",
    method: "GET",
    path: "/models/costs",
    summary: "What calls to models cost, the dearest first.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PlaceQuery.extend({
      by: z.enum(["model", "connection", "agent", "project", "run", "step", "day"]).default("model"),
      /** 30 days ago unless told. */
      since: Timestamp.optional(),
      until: Timestamp.optional(),
      run: Uuid.optional(),
    }),
    answer: z.object({ items: z.array(ModelCostView), currency: z.string(), since: Timestamp, until: Timestamp }),
  }),
  policy: endpoint({
    id: "models.policy",
    method: "GET",
    path: "/models/policy",
    summary: "Where the organization's data may go with calls to models, and which models it prefers.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: ModelPolicyView,
  }),
  setPolicy: endpoint({
    id: "models.setPolicy",
    method: "PUT",
    path: "/models/policy",
    summary: "Say where the organization's data may go with calls to models, and which models it prefers.",
    scope: "admin",
    body: z.object({
      providers: z.array(Name).max(20).nullable().default(null),
      regions: z.array(Text(100)).max(50).nullable().default(null),
      prefer: ModelPolicyView.shape.prefer.default("quality"),
      cacheSeconds: z.int().min(0).max(86_400).default(0),
      /** As it is unless told. */
      store: ModelPolicyView.shape.store.optional(),
      /** As it is unless told. */
      storeDays: z.int().min(1).max(36_500).nullable().optional(),
    }),
    answer: ModelPolicyView,
    audit: { details: ["providers", "regions", "prefer", "cacheSeconds", "store", "storeDays"] },
  }),
  calls: endpoint({
    id: "models.calls",
    method: "GET",
    path: "/models/calls",
    summary: "Calls of models, the newest first; whether what was asked is kept stands at each.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: z.object({
      run: Uuid.optional(),
      /** Those before then. */
      until: Timestamp.optional(),
      limit: PageQuery.shape.limit,
    }),
    answer: z.object({ items: z.array(ModelCallView) }),
  }),
  content: endpoint({
    id: "models.content",
    method: "GET",
    path: "/models/calls/:call/content",
    summary: "What was asked in a call of a model and what it answered, where that is kept. Reading it is recorded.",
    scope: "admin",
    resource: { kind: "modelCall", param: "call" },
    params: z.object({ call: Uuid }),
    answer: ModelCallContent,
  }),
} as const;
