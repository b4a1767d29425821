import { GantryError, type ErrorOptions } from "@gantry/sdk";

export class ThinkingLimitError extends GantryError {
  readonly code = "thinking_limit_reached";
  constructor(what: "turns" | "tokens" | "money" | "time", used: number, limit: number) {
    super(`Thinking took ${used} of at most ${limit} (${what}) and had no answer yet. Ask for less, or allow more.`, {
      details: { what, used, limit },
    });
  }
}

export class ThinkingRepeatsError extends GantryError {
  readonly code = "thinking_repeats";
  constructor(tool: string, times: number) {
    super(
      `The model called ${tool} with the very same input ${times} times, so it was stopped. Say more exactly what you want.`,
      {
        details: { tool, times },
      },
    );
  }
}

export class AnswerRefusedError extends GantryError {
  readonly code = "answer_refused";
  constructor(by: "refused" | "filtered", said: string) {
    super(
      by === "refused"
        ? `The model refused to answer${said === "" ? "." : `: ${said.slice(0, 500)}`}`
        : "The model's provider filtered the answer out. Ask in other words, or another model.",
      { details: { by } },
    );
  }
}

/** Sent back as often as allowed, and still not what was asked for. */
export class AnswerUnusableError extends GantryError {
  readonly code = "answer_unusable";
  override readonly fault = "operational";
  constructor(why: "empty" | "truncated" | "invalid", problems: readonly string[]) {
    super(`The model's answer is ${why}, also after it was asked again: ${problems.join("; ").slice(0, 1_000)}`, {
      details: { why, problems: problems.slice(0, 20) },
    });
  }
}

export class PromptTooLongError extends GantryError {
  readonly code = "prompt_too_long";
  constructor(options: ErrorOptions = {}) {
    super(
      "What must be said to the model is longer than it can read, also after it was summarized. Ask for less at once.",
      options,
    );
  }
}

/** The tool, or the one that it wants to use, isn't one that may think so. */
export class MindMissingError extends GantryError {
  readonly code = "mind_missing";
  override readonly fault = "bug";
  constructor(tool: string, used?: string) {
    super(
      used === undefined
        ? `${tool} can't think here: its agent declares no \`mind\`, or too many agents have called one another already.`
        : `${tool} can't think with ${used}: its agent's \`mind.tools\` doesn't name it, or it isn't installed.`,
      { details: { tool, ...(used === undefined ? {} : { used }) } },
    );
  }
}

/** Policy has the last word on each tool that a model calls. */
export class ToolCallDeniedError extends GantryError {
  readonly code = "policy_denied";
  constructor(tool: string, why: string) {
    super(`Policy denies a call of ${tool}: ${why}`, { details: { tool } });
  }
}
