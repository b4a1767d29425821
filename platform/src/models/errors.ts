import { GantryError, type ErrorOptions } from "@gantry/sdk";

/** Which model of which connection. */
export interface Asked {
  connection: string;
  provider: string;
  model: string;
}

/** Something that one model, or its provider, did. Another one may still answer. */
export abstract class ModelError extends GantryError {
  override readonly fault: GantryError["fault"] = "operational";
  /** How long the provider wants to be left alone; null: it didn't say. */
  readonly retryAfterMs: number | null;
  /** True: it speaks against the provider as a whole, so the breaker counts it. */
  readonly counts: boolean = false;

  constructor(
    { connection, provider, model }: Asked,
    what: string,
    { retryAfterMs = null, ...options }: ErrorOptions & { retryAfterMs?: number | null } = {},
  ) {
    super(`${model} (connection ${connection}) ${what}`, {
      ...options,
      details: { connection, provider, model, ...(retryAfterMs === null ? {} : { retryAfterMs }), ...options.details },
    });
    this.retryAfterMs = retryAfterMs;
  }
}

export class ModelKeyMissingError extends ModelError {
  readonly code = "model_key_missing";
  constructor(asked: Asked, use: string, options: ErrorOptions = {}) {
    super(
      asked,
      `can't be asked: there is no secret for its ${use}. Store it with gantry secret set, and name it in the connection: --secret ${use}=<name>.`,
      options,
    );
  }
}

export class ModelKeyRefusedError extends ModelError {
  readonly code = "model_key_refused";
  constructor(asked: Asked, said: string) {
    super(asked, `refuses the key${said}. Store one that may use this model: gantry secret set.`);
  }
}

export class ModelUnknownError extends ModelError {
  readonly code = "model_unknown";
  constructor(asked: Asked, said: string) {
    super(
      asked,
      `isn't known to its provider, or not to this key${said}. Correct the setting models of the connection.`,
    );
  }
}

export class ModelRetiredError extends ModelError {
  readonly code = "model_retired";
  constructor(asked: Asked, said: string) {
    super(asked, `isn't offered any more${said}. Name another in the setting models of the connection.`);
  }
}

export class ModelQuotaExhaustedError extends ModelError {
  readonly code = "model_quota_exhausted";
  constructor(asked: Asked, said: string) {
    super(asked, `answers no more: what was paid for at the provider is used up${said}. Raise it there.`);
  }
}

export class ModelRateLimitedError extends ModelError {
  readonly code = "model_rate_limited";
  override readonly retryable = true;
  constructor(asked: Asked, retryAfterMs: number | null) {
    const when = retryAfterMs === null ? "later" : `in ${Math.ceil(retryAfterMs / 1_000)} s`;
    super(
      asked,
      `is asked too often, says its provider. Ask again ${when}, or connect another model to fall back to.`,
      {
        retryAfterMs,
      },
    );
  }
}

export class ModelProviderFailedError extends ModelError {
  readonly code = "model_provider_failed";
  override readonly retryable = true;
  override readonly counts = true;
  constructor(asked: Asked, said: string, options: ErrorOptions & { retryAfterMs?: number | null } = {}) {
    super(asked, `didn't answer: its provider failed${said}. Ask again later.`, options);
  }
}

export class ModelUnreachableError extends ModelError {
  readonly code = "model_unreachable";
  override readonly retryable = true;
  override readonly counts = true;
  constructor(asked: Asked, why: string, options: ErrorOptions = {}) {
    super(asked, `can't be reached: ${why} Look at the connection's url, and at the network between.`, options);
  }
}

export class ModelTimeoutError extends ModelError {
  readonly code = "model_timeout";
  override readonly retryable = true;
  override readonly counts = true;
  constructor(asked: Asked, what: "first token" | "answer", ms: number) {
    super(
      asked,
      `gave no ${what === "answer" ? "whole answer" : "first token"} within ${ms / 1_000} s. The connection's settings ${what === "answer" ? "timeoutSeconds" : "firstTokenSeconds"} says how long to wait.`,
    );
  }
}

export class ModelStreamCutError extends ModelError {
  readonly code = "model_stream_cut";
  override readonly retryable = true;
  override readonly counts = true;
  constructor(asked: Asked, options: ErrorOptions = {}) {
    super(
      asked,
      "stopped in the middle of its answer: the connection was cut, or what came isn't what it speaks. Ask again.",
      options,
    );
  }
}

export class ModelAnswerEmptyError extends ModelError {
  readonly code = "model_answer_empty";
  override readonly retryable = true;
  constructor(asked: Asked) {
    super(asked, "answered nothing: no text and no call of a tool. Ask again, or in other words.");
  }
}

export class ModelAnswerEndlessError extends ModelError {
  readonly code = "model_answer_endless";
  override readonly counts = true;
  constructor(asked: Asked, tokens: number) {
    super(
      asked,
      `went on far beyond the ${tokens} tokens that it was asked for, so it was cut off. Ask another model, or look at what stands at the connection's url.`,
    );
  }
}

export class ModelContextOverflowError extends ModelError {
  readonly code = "model_context_overflow";
  override readonly fault = "user";
  constructor(asked: Asked, said: string) {
    super(
      asked,
      `takes less than this conversation and its answer need${said}. Shorten it, or connect a model with a larger context.`,
    );
  }
}

export class ModelRequestRefusedError extends ModelError {
  readonly code = "model_request_refused";
  constructor(asked: Asked, said: string) {
    super(
      asked,
      `refuses the request as it is${said}. What is asked of it (tools, schema, images) may be more than it can.`,
    );
  }
}

export class ModelBusyError extends ModelError {
  readonly code = "model_busy";
  override readonly retryable = true;
  constructor(asked: Asked, why: string) {
    super(asked, `isn't asked for now: ${why}`);
  }
}

/** Nothing that is connected may, or can, take this call. */
export class NoModelError extends GantryError {
  readonly code = "no_model";
  constructor(why: readonly string[]) {
    const found =
      why.length === 0 ? "No model is connected here." : `Of what is connected, nothing will do: ${why.join("; ")}.`;
    super(
      `${found} Connect one: gantry connection add <name> --kind model --set provider=anthropic --secret key=<secret>`,
      {
        details: { why },
      },
    );
  }
}

/** A connection of kind `model` says something that can't be. */
export class ModelSettingsError extends GantryError {
  readonly code = "model_settings_invalid";
  constructor(connection: string, why: string) {
    super(
      `Connection ${connection} isn't one of a model: ${why}. Correct it: gantry connection add ${connection} --kind model …`,
      {
        details: { connection },
      },
    );
  }
}

export class ModelCallStoppedError extends GantryError {
  readonly code = "model_call_stopped";
  override readonly fault = "operational";
  constructor(options: ErrorOptions = {}) {
    super("The call to a model was stopped by who made it. Nothing has to be done.", options);
  }
}

/** What the call may come to isn't in a budget any more. */
export class ModelBudgetExhaustedError extends GantryError {
  readonly code = "budget_exhausted";
  constructor(budget: BudgetLeft, needed: number) {
    const { id, name } = budget;
    super(
      `Budget ${name} has ${leftOf(budget)} left; this call to a model may use ${inUnits(budget, needed)}, so it wasn't made. Raise it with gantry budget set, or ask for a shorter answer.`,
      { details: { budget: id, name, needed } },
    );
  }
}

/** It would be, once calls that are under way use less than was set aside for them. */
export class BudgetReservedError extends GantryError {
  readonly code = "budget_reserved";
  override readonly fault = "operational";
  override readonly retryable = true;
  constructor(budget: BudgetLeft, needed: number) {
    const { id, name } = budget;
    super(
      `What is left of budget ${name} is set aside for calls to models that are under way; this one may use ${inUnits(budget, needed)}. Ask again when they have ended.`,
      { details: { budget: id, name, needed } },
    );
  }
}

export interface BudgetLeft {
  id: string;
  name: string;
  measure: string;
  amount: number;
  spent: number;
}

function leftOf(budget: BudgetLeft): string {
  return inUnits(budget, Math.max(0, budget.amount - budget.spent));
}

function inUnits({ measure }: BudgetLeft, amount: number): string {
  if (measure === "money") return `$${(amount / 1_000_000).toFixed(4)}`;
  return `${amount} ${amount === 1 ? measure.replace(/s$/, "") : measure}`;
}
