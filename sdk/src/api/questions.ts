import { z } from "zod";
import { Actor } from "../events.ts";
import { Json } from "../json.ts";
import { Page, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** What a run asks people. The text is from an agent: it may hold anything. */
export const QuestionView = z.object({
  id: Uuid,
  run: Uuid,
  step: z.string(),
  project: z.string(),
  environment: z.string(),
  agent: z.string().nullable(),
  text: z.string(),
  /** JSON Schema of the answer. */
  schema: z.record(z.string(), Json),
  /** Who may answer; null: whoever may run it. */
  group: z.string().nullable(),
  state: z.enum(["open", "answered", "expired"]),
  askedAt: Timestamp,
  expiresAt: Timestamp,
  /** Whether the caller is one of those who may. */
  mine: z.boolean(),
  answer: Json,
  answeredBy: Actor.nullable(),
  answeredAt: Timestamp.nullable(),
});
export type QuestionView = z.infer<typeof QuestionView>;

const params = z.object({ question: Uuid });
const resource = { kind: "question", param: "question" } as const;

export const questions = {
  list: endpoint({
    id: "questions.list",
    method: "GET",
    path: "/questions",
    summary: "Questions of runs that nobody has answered yet, the oldest first, at most 200.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: z.object({ run: Uuid.optional() }),
    answer: Page(QuestionView),
  }),
  get: endpoint({
    id: "questions.get",
    method: "GET",
    path: "/questions/:question",
    summary: "A question of a run, with its answer.",
    scope: "read",
    resource,
    params,
    answer: QuestionView,
  }),
  answer: endpoint({
    id: "questions.answer",
    method: "POST",
    path: "/questions/:question/answer",
    summary: "Answer a question of a run, as a person; the very call that asked goes on with it.",
    scope: "run",
    resource,
    params,
    body: z.object({ answer: Json }),
    answer: QuestionView,
  }),
} as const;
