import { GantryError } from "./errors.ts";
import type { ErrorData } from "./error-data.ts";
import type { Json, JsonObject } from "./json.ts";

/** A question to people in the middle of a run. */
export interface AskRequest {
  /** A sentence or two; people see it as it is. */
  question: string;
  /** JSON Schema of the answer. */
  schema: JsonObject;
  /** The group that may answer; whoever may run it, unless told. */
  group?: string;
  /** How long somebody may take; a day unless told. */
  timeoutMs?: number;
  /** Tells it apart from the tool's other questions; by default its place among them does, which must then be the same in each try. */
  name?: string;
  /**
   * Waits in place until this is aborted, instead of ending the attempt: for what can't be asked again. It holds a worker, and ends with the
   * attempt's time.
   */
  hold?: AbortSignal;
}

/** Noted by an attempt that waits in place for people (`hold`), so that whoever follows the run learns of it. */
export const asksPeople = { asks: "people" } as const;

export function isAskingPeople(note: Json): boolean {
  return typeof note === "object" && note !== null && "asks" in note && note["asks"] === asksPeople.asks;
}

/** Told to a run when somebody has answered one of its questions. */
export const answeredSignal = "question.answered";

/**
 * Ends the attempt: nobody has answered yet. The step is tried again once somebody has, and the question then has its answer.
 * Let it pass.
 */
export class AnswerAwaitedError extends GantryError {
  readonly code = "answer_awaited";
  override readonly retryable = true;
  constructor(question: { id: string; text: string; group: string | null; until: number }) {
    super(`It waits for somebody's answer: ${question.text}`, {
      details: { question: question.id, until: question.until, group: question.group },
    });
  }
}

/** Nobody answered in time. */
export class QuestionExpiredError extends GantryError {
  readonly code = "question_expired";
  constructor(question: string) {
    super(`Nobody answered in time: ${question}`);
  }
}

/** The question that a failed attempt waits for; null when it failed otherwise. */
export function awaitedAnswer({
  code,
  details,
}: ErrorData): { question: string; until: number; group: string | null } | null {
  if (code !== "answer_awaited") return null;
  const { question, until, group } = details ?? {};
  if (typeof question !== "string" || typeof until !== "number") return null;
  return { question, until, group: typeof group === "string" ? group : null };
}
