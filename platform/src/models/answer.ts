import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { GantryError } from "@gantry/sdk";
import { ask, readJson, type Heard } from "./ask.ts";
import type { Purse } from "./budgets.ts";
import type { AnswerCache } from "./cache.ts";
import { classify } from "./classify.ts";
import { costOf } from "./cost.ts";
import {
  ModelAnswerEmptyError,
  ModelBusyError,
  ModelCallStoppedError,
  ModelContextOverflowError,
  ModelError,
  ModelKeyMissingError,
  NoModelError,
  type Asked,
} from "./errors.ts";
import { estimateInput, tokensOf } from "./estimate.ts";
import { promptOf } from "./prompt.ts";
import { route, type Candidate } from "./route.ts";
import type { Open, Setup } from "./setup.ts";
import type { ModelAnswer, ModelAttempt, ModelCall, ModelPart, ModelUsage } from "./types.ts";

export interface AnswerDeps {
  setupOf(place: { org: string; project: string | null; environment: string | null }): Promise<Setup>;
  purse: Purse;
  cache: AnswerCache;
  now(): number;
  random(): number;
  newId(): string;
  /** Resolves after that many milliseconds, or rejects when the signal ends it. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Of one model, the first among them; then the next model is asked. */
const tries = 3;
/** Whoever wants to be left alone for longer isn't waited for while another model can be asked. */
const longestWaitMs = 20_000;
const firstWaitMs = 250;

/**
 * Asks the model that suits the call best, and the next one where that fails: also in the middle of an answer, which then begins anew. Each
 * time that a model is asked, budgets set the worst case aside before, and take what it came to after.
 *
 * @throws ModelError of the model that was asked last, NoModelError, BudgetExhaustedError, ModelCallStoppedError
 */
export async function answer(
  deps: AnswerDeps,
  given: ModelCall,
  onPart: (part: ModelPart) => void = () => {},
): Promise<ModelAnswer> {
  const began = deps.now();
  const { organization: org, project, environment } = given;
  const setup = await deps.setupOf({ org, project, environment });
  const call = withoutSecrets(given, setup);
  const inputTokens = estimateInput(call);
  const { candidates, why, tooSmall } = route(setup.offers, call, {
    policy: setup.policy,
    inputTokens,
    now: began,
    latencyOf: ({ offer, offered }) => (offer as Open).health.latencyOf(offered.model),
    isOpen: ({ offer }) => (offer as Open).health.isOpen(began),
  });
  const [first] = candidates;
  if (first === undefined) throw cannotAsk({ why, tooSmall }, setup);
  const cacheKey = setup.policy.cacheSeconds > 0 ? deps.cache.keyOf(call, first) : null;
  const kept = cacheKey === null ? undefined : deps.cache.get(cacheKey, began);
  if (kept !== undefined) {
    if (kept.text !== "") onPart({ type: "text", text: kept.text });
    return { ...kept, totalMs: deps.now() - began };
  }

  const progress: Progress = { call, inputTokens, options: promptOf(call), attempts: [], shown: false, onPart };
  let last: unknown;
  for (const [at, candidate] of candidates.entries()) {
    const left = { others: at < candidates.length - 1 };
    for (let turn = 1; turn <= tries; turn += 1) {
      try {
        const { heard, cost, usage } = await tryOnce(deps, setup, candidate, progress);
        const result = toAnswer(call, candidate, progress, { heard, cost, usage, totalMs: deps.now() - began });
        if (cacheKey !== null) deps.cache.set(cacheKey, result, deps.now() + setup.policy.cacheSeconds * 1_000);
        return result;
      } catch (error) {
        last = error;
        if (!(error instanceof ModelError)) throw error;
        if (progress.shown) onPart({ type: "restart" });
        progress.shown = false;
        const waitMs = pauseAfter(error, turn, left, deps.random);
        if (waitMs === null) break;
        await deps.wait(waitMs, call.signal);
      }
    }
  }
  throw last;
}

function cannotAsk(
  { why, tooSmall: [small] }: Pick<ReturnType<typeof route<Open>>, "why" | "tooSmall">,
  { problems }: Setup,
): GantryError {
  if (small === undefined) return new NoModelError([...why, ...problems.map(({ message }) => message)]);
  const { connection, provider } = small.offer;
  return new ModelContextOverflowError({ connection, provider, model: small.offered.model }, ` (${why.join("; ")})`);
}

/** How long to wait before the same model is asked again; null: the next one is. */
function pauseAfter(
  error: ModelError,
  turn: number,
  { others }: { others: boolean },
  random: () => number,
): number | null {
  if (!error.retryable || turn === tries || error instanceof ModelBusyError) return null;
  if (error instanceof ModelAnswerEmptyError) return turn === 1 ? 0 : null;
  const waitMs = error.retryAfterMs ?? firstWaitMs * 2 ** (turn - 1) * (0.5 + random());
  if (waitMs > longestWaitMs || (others && waitMs > 2_000)) return null;
  return waitMs;
}

interface Progress {
  call: ModelCall;
  inputTokens: number;
  options: LanguageModelV4CallOptions;
  attempts: ModelAttempt[];
  /** Something of an answer reached the reader. */
  shown: boolean;
  onPart(part: ModelPart): void;
}

async function tryOnce(
  { purse, now, newId }: AnswerDeps,
  { redactor }: Setup,
  { offer, offered }: Candidate<Open>,
  progress: Progress,
): Promise<{ heard: Heard; cost: ModelAnswer["cost"]; usage: ModelUsage }> {
  const { call, inputTokens, attempts } = progress;
  const { connection, provider, health, firstTokenMs, totalMs, atOnce, missing } = offer;
  const { model } = offered;
  const asked: Asked = { connection, provider, model };
  const [lacking] = missing;
  const at = now();
  const attempt: ModelAttempt = { ...asked, error: null, ms: 0 };
  attempts.push(attempt);
  if (lacking !== undefined) {
    const error = new ModelKeyMissingError(asked, lacking);
    attempt.error = error.code;
    throw error;
  }
  const id = newId();
  let said = 0;
  const leave = await health
    .enter(asked, { atOnce, waitMs: firstTokenMs, call: id, now: at, signal: call.signal })
    .catch((error: unknown) => {
      attempt.error = error instanceof GantryError ? error.code : "internal_error";
      throw error;
    });
  let settle: Awaited<ReturnType<Purse["reserve"]>>;
  try {
    const worst = { input: inputTokens, cachedInput: 0, cacheWrite: inputTokens, output: call.maxOutputTokens };
    const { micros } = costOf(offered, worst, at);
    settle = await purse.reserve(call, {
      id,
      asked,
      at,
      micros,
      tokens: worst.input + worst.output,
      endsAt: at + totalMs,
    });
  } catch (error) {
    leave(null);
    attempt.error = error instanceof GantryError ? error.code : "internal_error";
    throw error;
  }
  let heard: Heard;
  try {
    heard = await ask(await offer.model(model), {
      asked,
      options: progress.options,
      firstTokenMs,
      totalMs,
      signal: call.signal,
      now,
      onPart: (part) => {
        if (part.type === "text") said += tokensOf(part.text);
        progress.shown = true;
        progress.onPart(part);
      },
    });
  } catch (error) {
    const known =
      error instanceof ModelCallStoppedError ? error : classify(error, asked, (text) => redactor.redact(text), now());
    attempt.ms = now() - at;
    attempt.error = known.code;
    leave(known instanceof ModelError && known.counts ? { failed: known.code, firstTokenMs: null } : null);
    // Who stops in the middle, or is stopped, is paid for what it read and said so far; nobody says how much that was.
    const usage =
      progress.shown || known instanceof ModelCallStoppedError
        ? { input: inputTokens, cachedInput: 0, output: said }
        : nothing;
    await settle({
      usage,
      cost: costOf(offered, usage, at),
      firstTokenMs: null,
      totalMs: attempt.ms,
      error: known.code,
    });
    throw known;
  }
  attempt.ms = now() - at;
  const usage = heard.usage ?? { input: inputTokens, cachedInput: 0, output: tokensOf([heard.text, heard.toolCalls]) };
  const cost = costOf(offered, usage, at);
  leave({ failed: null, firstTokenMs: heard.firstTokenMs });
  const counted = settle({ usage, cost, firstTokenMs: heard.firstTokenMs, totalMs: attempt.ms, error: null });
  if (call.counted === undefined) await counted;
  else call.counted(counted);
  return { heard, cost, usage };
}

const nothing: ModelUsage = { input: 0, cachedInput: 0, output: 0 };

function toAnswer(
  call: ModelCall,
  { offer, offered }: Candidate<Open>,
  { attempts }: Progress,
  { heard, cost, usage, totalMs }: { heard: Heard; cost: ModelAnswer["cost"]; usage: ModelUsage; totalMs: number },
): ModelAnswer {
  const { text, toolCalls, finish, firstTokenMs } = heard;
  const { input, cachedInput, output } = usage;
  return {
    text,
    toolCalls,
    ...(call.output === undefined ? {} : { output: readJson(text, null) }),
    finish,
    usage: { input, cachedInput, output },
    cost,
    connection: offer.connection,
    provider: offer.provider,
    model: offered.model,
    firstTokenMs,
    totalMs,
    attempts,
  };
}

/** Texts and JSON of the conversation without the organization's secrets; images are left as they are. */
function withoutSecrets(call: ModelCall, { redactor }: Setup): ModelCall {
  if (redactor.secrets.length === 0) return call;
  const { messages, tools } = call;
  const images = new Set(
    messages
      .flatMap((one) => (one.role === "user" && typeof one.content !== "string" ? one.content : []))
      .filter(({ type }) => type === "image"),
  );
  if (images.size === 0)
    return { ...call, messages: redactor.redactValue(messages), tools: redactor.redactValue(tools) };
  return {
    ...call,
    tools: redactor.redactValue(tools),
    messages: messages.map((one) =>
      one.role === "user" && typeof one.content !== "string"
        ? { ...one, content: one.content.map((part) => (images.has(part) ? part : redactor.redactValue(part))) }
        : redactor.redactValue(one),
    ),
  };
}
