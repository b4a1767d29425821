import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { GantryError } from "@gantry/sdk";
import { ask, readJson, type Heard, type Overheard } from "./ask.ts";
import type { Outcome, Purse } from "./budgets.ts";
import type { AnswerCache } from "./cache.ts";
import type { KeepContent, Said } from "./contents.ts";
import { classify } from "./classify.ts";
import { costOf } from "./cost.ts";
import {
  ModelAnswerEmptyError,
  ModelBusyError,
  ModelCallStoppedError,
  ModelContextOverflowError,
  ModelError,
  ModelKeyMissingError,
  ModelStreamCutError,
  ModelTimeoutError,
  NoModelError,
  type Asked,
} from "./errors.ts";
import { likelyInput, mostInput } from "./estimate.ts";
import type { ConnectionPlace } from "../store/organization/connections.ts";
import { promptOf } from "./prompt.ts";
import { route, type Candidate } from "./route.ts";
import type { Open, Setup } from "./setup.ts";
import type { ModelAnswer, ModelAttempt, ModelCall, ModelPart, ModelUsage } from "./types.ts";

export interface AnswerDeps {
  /** `fresh`: as it stands now, rather than a moment ago. */
  setupOf(place: ConnectionPlace, fresh?: boolean): Promise<Setup>;
  purse: Purse;
  cache: AnswerCache;
  keep: KeepContent;
  now(): number;
  random(): number;
  newId(): string;
  /** Resolves after that many milliseconds, or rejects when the signal ends it. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** What a call came to could not be written down. */
  lost(error: unknown): void;
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
  const place = { org, project, environment };
  let prepared = prepare(await deps.setupOf(place), given, began);
  // Whoever connected a model a moment ago, or stored its key, asks it now.
  if (prepared.candidates.every(({ offer }) => offer.missing.length > 0))
    prepared = prepare(await deps.setupOf(place, true), given, began);
  const { setup, call, candidates } = prepared;
  const [first] = candidates;
  if (first === undefined) throw cannotAsk(prepared);
  const cacheKey = setup.policy.cacheSeconds > 0 ? deps.cache.keyOf(call, first) : null;
  const kept = cacheKey === null ? undefined : deps.cache.get(cacheKey, began);
  if (kept !== undefined) {
    if (kept.text !== "") onPart({ type: "text", text: kept.text });
    return { ...kept, totalMs: deps.now() - began };
  }

  const progress: Progress = {
    call,
    inputTokens: mostInput(call),
    options: promptOf(call),
    attempts: [],
    shown: false,
    onPart,
  };
  let last: unknown;
  for (const [at, candidate] of candidates.entries()) {
    const left = { others: at < candidates.length - 1 };
    for (let turn = 1; turn <= tries; turn += 1) {
      try {
        const { heard, cost, usage } = await tryOnce(deps, setup, candidate, progress);
        const result = toAnswer(call, candidate, progress, { heard, cost, usage, totalMs: deps.now() - began });
        // The one that answered, which may not be the first.
        const itsKey = cacheKey === null ? null : deps.cache.keyOf(call, candidate);
        if (itsKey !== null) deps.cache.set(itsKey, result, deps.now() + setup.policy.cacheSeconds * 1_000);
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

/** What leaves, and who could be asked. */
function prepare(setup: Setup, given: ModelCall, now: number) {
  const call = withoutSecrets(given, setup);
  const routed = route(setup.offers, call, {
    policy: setup.policy,
    inputTokens: likelyInput(call),
    now,
    latencyOf: ({ offer, offered }) => (offer as Open).health.latencyOf(offered.model),
    isOpen: ({ offer }) => (offer as Open).health.isOpen(now),
  });
  return { setup, call, ...routed };
}

function cannotAsk({ why, tooSmall: [small], setup: { problems } }: ReturnType<typeof prepare>): GantryError {
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
  // Never sooner than the provider asks for; up to a tenth later, so that all who were refused at once don't come back at once.
  const waitMs =
    error.retryAfterMs === null
      ? firstWaitMs * 2 ** (turn - 1) * (0.5 + random())
      : error.retryAfterMs * (1 + random() / 10);
  if (waitMs > longestWaitMs || (others && waitMs > 2_000)) return null;
  return waitMs;
}

interface Progress {
  call: ModelCall;
  /** At most. */
  inputTokens: number;
  options: LanguageModelV4CallOptions;
  attempts: ModelAttempt[];
  /** Something of an answer reached the reader. */
  shown: boolean;
  onPart(part: ModelPart): void;
}

async function tryOnce(
  deps: AnswerDeps,
  { redactor, policy: { store } }: Setup,
  { offer, offered }: Candidate<Open>,
  progress: Progress,
): Promise<Answered> {
  const { purse, keep, now, newId } = deps;
  const { call, inputTokens, attempts } = progress;
  const { connection, provider, health, firstTokenMs, totalMs, atOnce, missing } = offer;
  const { model } = offered;
  const asked: Asked = { connection, provider, model };
  const [lacking] = missing;
  const at = now();
  const attempt: ModelAttempt = { call: null, ...asked, error: null, ms: 0 };
  attempts.push(attempt);
  if (lacking !== undefined) {
    const error = new ModelKeyMissingError(asked, lacking);
    attempt.error = error.code;
    throw error;
  }
  const id = newId();
  const leave = await health
    .enter(asked, { atOnce, waitMs: firstTokenMs, call: id, now: at, signal: call.signal })
    .catch((error: unknown) => {
      attempt.error = error instanceof GantryError ? error.code : "internal_error";
      throw error;
    });
  // It may have waited for its place.
  const begins = now();
  let settle: Awaited<ReturnType<Purse["reserve"]>>;
  try {
    const worst = { input: inputTokens, cachedInput: 0, cacheWrite: inputTokens, output: call.maxOutputTokens };
    const { micros } = costOf(offered, worst, begins);
    settle = await purse.reserve(call, {
      id,
      asked,
      at: begins,
      micros,
      tokens: worst.input + worst.output,
      endsAt: begins + totalMs,
    });
  } catch (error) {
    leave(null);
    attempt.error = error instanceof GantryError ? error.code : "internal_error";
    throw error;
  }
  const overheard: Overheard = { tokens: 0, usage: null };
  const over = (usage: ModelUsage, ended: Pick<Outcome, "firstTokenMs" | "error">) => {
    attempt.ms = now() - at;
    attempt.error = ended.error;
    const cost = costOf(offered, usage, begins);
    return { cost, written: surely(() => settle({ ...ended, usage, cost, totalMs: attempt.ms }), deps) };
  };
  attempt.call = id;
  let words = "";
  const keepAll = async (said: Said): Promise<void> => {
    if (store === "off") return;
    await surely(async () => {
      const content = await keep({ id, at: begins, store, redactor }, call, said);
      call.kept?.(content);
    }, deps);
  };
  let heard: Heard;
  try {
    heard = await ask(await offer.model(model), {
      asked,
      options: progress.options,
      maxOutputTokens: call.maxOutputTokens,
      firstTokenMs,
      totalMs,
      signal: call.signal,
      now,
      overheard,
      onPart: (part) => {
        if (part.type === "text") words += part.text;
        progress.shown = true;
        progress.onPart(part);
      },
    });
  } catch (error) {
    const known =
      error instanceof ModelCallStoppedError ? error : classify(error, asked, (text) => redactor.redact(text), now());
    leave(known instanceof ModelError && known.counts ? { failed: known.code, firstTokenMs: null } : null);
    await over(usageOfBroken(known, overheard, inputTokens), { firstTokenMs: null, error: known.code }).written;
    await keepAll({ text: words, toolCalls: [], finish: null });
    throw known;
  }
  const usage = heard.usage ?? { input: inputTokens, cachedInput: 0, output: Math.ceil(overheard.tokens) };
  leave({ failed: null, firstTokenMs: heard.firstTokenMs });
  const { cost, written } = over(usage, { firstTokenMs: heard.firstTokenMs, error: null });
  if (call.counted === undefined) await written;
  else call.counted(written);
  await keepAll(heard);
  return { heard, cost, usage };
}

interface Answered {
  heard: Heard;
  cost: ModelAnswer["cost"];
  usage: ModelUsage;
}

/** Who stops in the middle, is stopped or doesn't say how it ended is paid for what it read and said so far: nobody says how much that was. */
function usageOfBroken(error: GantryError, { tokens, usage }: Overheard, inputTokens: number): ModelUsage {
  if (usage !== null) return usage;
  const began = tokens > 0 || endsUnknown.some((kind) => error instanceof kind);
  return began ? { input: inputTokens, cachedInput: 0, output: Math.ceil(tokens) } : nothing;
}

const endsUnknown = [ModelCallStoppedError, ModelTimeoutError, ModelStreamCutError];

/**
 * What was answered isn't asked for again because the database had a moment's trouble. What a call came to and can't be written down at all stays
 * set aside, and counts whole in the end.
 */
async function surely(work: () => Promise<void>, { wait, lost }: Pick<AnswerDeps, "wait" | "lost">): Promise<void> {
  for (const pauseMs of [100, 500, 2_000]) {
    try {
      return await work();
    } catch {
      await wait(pauseMs, new AbortController().signal);
    }
  }
  await work().catch(lost);
}

const nothing: ModelUsage = { input: 0, cachedInput: 0, output: 0 };

function toAnswer(
  call: ModelCall,
  { offer, offered }: Candidate<Open>,
  { attempts }: Progress,
  { heard, cost, usage, totalMs }: Answered & { totalMs: number },
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
