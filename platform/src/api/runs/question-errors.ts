import { GantryError } from "@gantry/sdk";

export class QuestionClosedError extends GantryError {
  readonly code = "question_closed";
  constructor(question: string) {
    super(`Question ${question} takes no answer any more: it has one, its time is over, or its run has ended.`, {
      details: { question },
    });
  }
}

export class QuestionNotYoursError extends GantryError {
  readonly code = "question_not_yours";
  constructor(why: string) {
    super(`This isn't for you to answer: ${why}`);
  }
}

export class AnswerInvalidError extends GantryError {
  readonly code = "answer_invalid";
  constructor(problems: readonly string[]) {
    super(`The answer isn't what was asked for: ${problems.join("; ")}.`, { details: { problems } });
  }
}
