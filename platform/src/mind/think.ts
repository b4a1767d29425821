import { errorData } from "@gantry/sdk";
import type { ModelAnswer, ModelCall, ModelMessage } from "../models/types.ts";
import { paidBelow } from "./below.ts";
import { makeCalls, seenOf, taintOf, type CallHistory } from "./calls.ts";
import { AnswerUnusableError, PromptTooLongError, ThinkingLimitError } from "./errors.ts";
import { fromModel, textFromModel } from "./guards.ts";
import { openJournal } from "./journal.ts";
import { judgeNoted, letThrough, type NotedAnswer } from "./let-through.ts";
import { ownName, promptOf, sizeOf, toolsOf, type Turn } from "./prompt.ts";
import { showGuarded } from "./show-guarded.ts";
import { summarize } from "./summarize.ts";
import type { Found, MindDeps, Seen, Thinking } from "./types.ts";

interface Spent {
  input: number;
  output: number;
  cost: ModelAnswer["cost"] | null;
}

/**
 * Asks a model until it has answered, and lets it call tools that read or draft on the way. Each answer is noted before anything follows from it,
 * each call before it begins and when it has ended. Called again with the notes of a try that died, it goes on where that one was: what
 * was answered isn't asked again, and no call is made twice.
 *
 * @throws ThinkingLimitError, ThinkingRepeatsError, AnswerRefusedError, AnswerUnusableError, PromptTooLongError, and what asking a model throws
 */
export async function think(thinking: Thinking, deps: MindDeps): Promise<Found> {
  const { limits } = thinking;
  const journal = openJournal(thinking.id, deps);
  const began = deps.now();
  const history: CallHistory = { made: [], proposed: [], seen: new Map() };
  const spent: Spent = { input: 0, output: 0, cost: null };
  let turns: Turn[] = [];
  let summary: string | null = null;
  let repairs = 0;
  let overflowed = false;
  for (let number = 1; ; number += 1) {
    deps.signal.throwIfAborted();
    const kept = journal.summaryBefore(number);
    if (kept) {
      count(spent, kept);
      ({ text: summary } = kept);
      turns = last(turns, kept.keeps);
      overflowed ||= kept.keeps === 0;
    }
    const recorded = journal.answerOf(number);
    // Whoever thinks within takes from the same limits, and all above them.
    const check = (turns: number): void => {
      thinking.checkLimits?.();
      checkLimits(limits, { turns, spent: withBelow(spent, thinking, deps), ms: deps.now() - began });
    };
    if (!recorded) check(number - 1);
    const promptNow = (): ModelMessage[] => promptOf(thinking, { turns, summary }, deps);
    const shorten = async (keeps: number, room: number): Promise<void> => {
      const before = { turns: turns.slice(0, turns.length - keeps), summary };
      const { text, ...paid } = await summarize(thinking, { ...before, room }, deps);
      const made = { ...paid, text: textFromModel(text, seenOf(thinking, history), deps.guards) };
      await journal.summarized(number, keeps, made);
      count(spent, made);
      summary = made.text;
      turns = last(turns, keeps);
    };
    let costWritten: Promise<void> | undefined;
    const askNow = (): Promise<ModelAnswer> => {
      const counted = (written: Promise<void>): void => void (costWritten = written);
      return asked(thinking, { number, messages: promptNow(), seen: seenOf(thinking, history), counted }, deps);
    };
    const ask = async (): Promise<NotedAnswer> => {
      if (!kept && turns.length > recent && sizeOf(promptNow()) > limits.promptTokens)
        await shorten(recent, limits.promptTokens * charactersPerToken);
      const said = await askNow().catch(async (error: unknown) => {
        // The model reads less than was allowed for: once, all that was found is said in less than half the words.
        if (!(error instanceof PromptTooLongError) || overflowed || turns.length === 0) throw error;
        overflowed = true;
        await shorten(0, Math.min(limits.promptTokens * charactersPerToken, JSON.stringify(promptNow()).length / 2));
        return askNow();
      });
      const { guards } = deps;
      const answer = letThrough(said, thinking, { seen: seenOf(thinking, history), guards });
      await Promise.all([journal.answered(number, answer), costWritten]);
      tell(deps, number, answer);
      return answer;
    };
    const raw = recorded ?? (await ask());
    const answer = {
      ...raw,
      toolCalls: raw.toolCalls.map((call) => ({ ...call, name: ownName(call.name, thinking) })),
    };
    count(spent, answer);
    const verdict = judgeNoted(answer, thinking);
    const { text, toolCalls } = answer;
    if (verdict.kind === "done") {
      const given = { text: answer.text, output: verdict.output };
      const { text: said, output } = fromModel(given, thinking, seenOf(thinking, history), deps.guards);
      return thoughtOf({
        thinking,
        answer: { ...answer, text: said },
        output,
        history,
        spent: withBelow(spent, thinking, deps),
        turns: number,
      });
    }
    if (verdict.kind === "calls") {
      const calls = await makeCalls({ answer, turn: number }, history, {
        thinking,
        journal,
        checkLimits: () => check(0),
        deps,
      });
      turns.push({ text, toolCalls, calls, objection: null });
      continue;
    }
    repairs += 1;
    if (repairs > limits.repairs) throw new AnswerUnusableError(verdict.why, verdict.problems);
    const objection = `Your answer can't be used: ${verdict.problems.join("; ")}. Answer again.`;
    turns.push({ text: text === "" ? "(nothing)" : text, toolCalls: [], calls: [], objection });
  }
}

/** Turns that are never summarized: what the model is in the middle of. */
const recent = 2;
const charactersPerToken = 3;

const last = (turns: Turn[], most: number): Turn[] => (most === 0 ? [] : turns.slice(-most));

async function asked(
  thinking: Thinking,
  {
    number,
    messages,
    seen,
    counted,
  }: { number: number; messages: ModelMessage[]; seen: Seen } & Required<Pick<ModelCall, "counted">>,
  deps: MindDeps,
): Promise<ModelAnswer> {
  const { task, output, limits } = thinking;
  const most = { maxOutputTokens: limits.answerTokens };
  const call = { ...deps.about, task, messages, tools: toolsOf(thinking, deps), ...most, counted };
  const live = deps.show?.(thinking.id, number);
  const shown = live && showGuarded(live, { thinking, seen, guards: deps.guards });
  try {
    return await deps.answer({ ...call, ...(output && { output }), signal: deps.signal }, (part) => shown?.part(part));
  } catch (error) {
    switch (errorData(error).code) {
      case "model_answer_empty":
        return emptyAnswer;
      case "model_context_overflow":
        throw new PromptTooLongError({ cause: error });
      default:
        throw error;
    }
  } finally {
    shown?.end();
  }
}

/** It is sent back like any other that can't be used. */
const emptyAnswer: ModelAnswer = {
  text: "",
  toolCalls: [],
  finish: "stop",
  usage: { input: 0, cachedInput: 0, output: 0 },
  cost: { micros: 0, currency: "USD", known: false },
  connection: "",
  provider: "",
  model: "",
  firstTokenMs: null,
  totalMs: 0,
  attempts: [],
};

function count(spent: Spent, { usage, cost }: Pick<ModelAnswer, "usage" | "cost">): void {
  spent.input += usage.input;
  spent.output += usage.output;
  const before = spent.cost;
  spent.cost = before
    ? { ...before, micros: before.micros + cost.micros, known: before.known && cost.known }
    : { ...cost };
}

function withBelow(own: Spent, { id }: Thinking, { notes }: MindDeps): Spent {
  const all = { ...own };
  for (const one of paidBelow(notes, id)) count(all, one);
  return all;
}

/** @throws ThinkingLimitError */
function checkLimits(
  limits: Thinking["limits"],
  { turns, spent, ms }: { turns: number; spent: Spent; ms: number },
): void {
  if (turns >= limits.turns) throw new ThinkingLimitError("turns", turns, limits.turns);
  const tokens = spent.input + spent.output;
  if (tokens >= limits.tokens) throw new ThinkingLimitError("tokens", tokens, limits.tokens);
  const micros = spent.cost?.micros ?? 0;
  if (micros >= limits.micros) throw new ThinkingLimitError("money", micros, limits.micros);
  if (ms >= limits.ms) throw new ThinkingLimitError("time", ms, limits.ms);
}

function tell({ log }: MindDeps, number: number, { model, usage, cost, toolCalls, totalMs }: ModelAnswer): void {
  const calls = toolCalls.length === 0 ? "an answer" : toolCalls.map(({ name }) => name).join(", ");
  log(
    `turn ${number}: ${calls} (${model}, ${usage.input}+${usage.output} tokens, ${(cost.micros / 1e6).toFixed(6)} ${cost.currency}, ${Math.round(totalMs)} ms)`,
  );
}

function thoughtOf({
  thinking,
  answer,
  output,
  history,
  spent,
  turns,
}: {
  thinking: Thinking;
  answer: ModelAnswer;
  output: Found["output"];
  history: CallHistory;
  spent: Spent;
  turns: number;
}): Found {
  const { made, proposed } = history;
  return {
    text: answer.text,
    output,
    calls: made.map(({ source, tool, call, result }) => ({ source, tool, input: call.input, failed: result.failed })),
    proposed,
    tainted: taintOf(thinking, history),
    turns,
    tokens: { input: spent.input, output: spent.output },
    cost: spent.cost,
  };
}
