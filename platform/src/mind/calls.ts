import { AnswerAwaitedError, canonicalJson, errorData, touchesWorld, type ArtifactRef, type Json } from "@gantry/sdk";
import type { ModelAnswer, ToolCall } from "../models/types.ts";
import { afterLoss } from "./after-loss.ts";
import { ThinkingRepeatsError } from "./errors.ts";
import { forModel, seenBy, whyRefused } from "./guards.ts";
import type { ThoughtJournal } from "./journal.ts";
import { safeText } from "@gantry/sdk/safe-text";
import { readOn } from "./prompt.ts";
import type {
  CallAbout,
  CallResult,
  Guards,
  MadeCall,
  MindDeps,
  MindTool,
  ProposedStep,
  Seen,
  Thinking,
} from "./types.ts";

/** Characters of a result that the model sees at once. */
const shown = 12_000;
const tail = 2_000;

/** What all turns together did. */
export interface CallHistory {
  made: MadeCall[];
  proposed: ProposedStep[];
  /** How often each call was made, by tool and input. */
  seen: Map<string, number>;
}

/** Carries out the calls of one answer side by side; none twice, whatever dies in between. @throws ThinkingRepeatsError */
export async function makeCalls(
  { answer, turn }: { answer: ModelAnswer; turn: number },
  history: CallHistory,
  {
    thinking,
    journal,
    checkLimits,
    deps,
  }: { thinking: Thinking; journal: ThoughtJournal; checkLimits(): void; deps: MindDeps },
): Promise<MadeCall[]> {
  const first = history.made.length + 1;
  const prepared = answer.toolCalls.map((call, index) => {
    const tool = thinking.tools.find(({ name }) => name === call.name);
    countRepeats(history, call, thinking.limits.repeats);
    return { call, tool, id: String(index), source: first + index };
  });
  // In their order, before any runs: a later call of the same answer must find the same proposals in each try.
  const seen = seenOf(thinking, history);
  const about = {
    tainted: taintOf(thinking, history),
    tools: new Map(history.made.map((one) => [one.source, one.tool])),
    checkLimits,
  };
  // Many parts of the same long result are read from it once.
  const wholes = new Map<string, Promise<string>>();
  const read = (ref: ArtifactRef): Promise<string> => {
    const text = wholes.get(ref.$artifact) ?? deps.read(ref);
    wholes.set(ref.$artifact, text);
    return text;
  };
  const results = prepared.map(({ call, tool, id, source }, index) => {
    const answered = withoutRunning({ call, tool, nth: index + 1 }, history, { seen, guards: deps.guards });
    if (answered) return Promise.resolve({ result: answered, tainted: false });
    if (call.name === readOn) return readKept(call, history, { read, guards: deps.guards });
    const one = { call, tool: tool as MindTool, id, source, turn };
    return run(one, { ...about, id: `${thinking.id}/${turn}/${id}` }, journal, deps);
  });
  // All that were made are noted before one of them that waits for a person ends the attempt.
  const ended = await Promise.allSettled(results);
  const settled = ended.map((one) => {
    if (one.status === "rejected") throw one.reason as Error;
    return one.value;
  });
  const made = prepared.map(({ call, source }, index): MadeCall => {
    const { result, tainted } = settled[index] as { result: CallResult; tainted: boolean };
    return { source, call, tool: call.name, result, tainted };
  });
  history.made.push(...made);
  return made;
}

/** From where text was read so far that nobody vouches for, descriptions of tools too. */
export function taintOf({ tainted, tools, offered }: Thinking, { made }: Pick<CallHistory, "made">): string[] {
  const described = tools.filter(({ outside }) => outside === true).map(({ name }) => name);
  const others = offered?.outside ?? [];
  return [
    ...new Set([...tainted, ...described, ...others, ...made.filter((one) => one.tainted).map(({ tool }) => tool)]),
  ];
}

/** What guardrails go by. */
export function seenOf(thinking: Thinking, { made }: CallHistory): Seen {
  return seenBy(
    thinking,
    made.map(({ tainted, call, result }) => ({ tainted, input: call.input, text: result.output })),
  );
}

function countRepeats(history: CallHistory, { name, input }: ToolCall, most: number): void {
  const key = `${name} ${canonicalJson(input)}`;
  const times = (history.seen.get(key) ?? 0) + 1;
  history.seen.set(key, times);
  if (times > most) throw new ThinkingRepeatsError(name, times);
}

/** What follows from the call alone: it doesn't fit, or it may only be proposed. */
function withoutRunning(
  { call, tool, nth }: { call: ToolCall; tool: MindTool | undefined; nth: number },
  history: CallHistory,
  { seen, guards }: { seen: Seen; guards: Guards | undefined },
): CallResult | null {
  if (call.name === readOn) {
    const why = whyRefused({ name: readOn, input: call.input, runs: true, nth }, seen, guards);
    return why === null ? null : { failed: true, output: why };
  }
  if (!tool)
    return {
      failed: true,
      output: `tool_unknown: there is no tool ${safeText(call.name).slice(0, 100)}. Use only those you were given.`,
    };
  const problems = tool.problemsOf(call.input);
  if (problems.length > 0)
    return {
      failed: true,
      output: `input_invalid: ${safeText(problems.slice(0, 10).join("; ")).slice(0, 2_000)}. Correct the input and call it again.`,
    };
  const runs = tool.call !== null && !touchesWorld(tool.effect);
  const why = whyRefused({ name: tool.name, input: call.input, runs, nth }, seen, guards);
  if (why !== null) return { failed: true, output: why };
  if (runs) return null;
  const id = `step${history.proposed.length + 1}`;
  history.proposed.push({ id, tool: tool.name, input: call.input });
  return {
    failed: false,
    output: `Proposed as ${id}. It was not carried out: a person or policy decides on it once you have answered.`,
  };
}

async function run(
  { call, tool, id, source, turn }: { call: ToolCall; tool: MindTool; id: string; source: number; turn: number },
  about: CallAbout,
  journal: ThoughtJournal,
  deps: MindDeps,
): Promise<{ result: CallResult; tainted: boolean }> {
  const recorded = journal.resultOf(turn, id);
  const tainted = tool.vouched !== true;
  if (recorded) return { result: recorded, tainted };
  const found = journal.wasCalling(turn, id) ? await afterLoss(tool, call.input, deps) : null;
  if (found === null) await journal.calling(turn, id, tool.name);
  const make = found?.call ?? tool.call;
  const result = found?.refused ?? (await outcomeOf({ make, input: call.input, source, about }, deps));
  journal.called(turn, id, tool.name, result);
  return { result, tainted };
}

async function outcomeOf(
  { make, input, source, about }: { make: MindTool["call"]; input: Json; source: number; about: CallAbout },
  deps: MindDeps,
): Promise<CallResult> {
  let text: string;
  try {
    const output = (await make?.(input, about)) ?? null;
    text = forModel(typeof output === "string" ? output : JSON.stringify(output), deps.guards);
  } catch (error) {
    // A run that is stopped, or a worker that lost it, doesn't go on with a failed call.
    deps.signal.throwIfAborted();
    if (error instanceof AnswerAwaitedError) throw error;
    const { code, message } = errorData(error);
    return { failed: true, output: forModel(`${code}: ${message}`, deps.guards).slice(0, shown) };
  }
  if (text.length <= shown) return { failed: false, output: text };
  const whole = await deps.keep(`result-${source}.txt`, text);
  return { failed: false, output: excerpt(text, source), whole };
}

/** Head and tail, and how to read on. */
function excerpt(text: string, source: number): string {
  const left = text.length - shown - tail;
  const head = text.slice(0, shown);
  const more = `\n… ${Math.max(0, left)} characters left out; read on with ${readOn} {"source": ${source}, "from": ${shown}} …\n`;
  return `${head}${more}${left > 0 ? text.slice(-tail) : text.slice(shown)}`;
}

/** A part of a result that was too long to be shown whole. Reading what is kept changes nothing, so it isn't announced. */
async function readKept(
  call: ToolCall,
  history: CallHistory,
  { read, guards }: { read: MindDeps["read"]; guards: Guards | undefined },
): Promise<{ result: CallResult; tainted: boolean }> {
  const { source, from } = (call.input ?? {}) as { source?: unknown; from?: unknown };
  const whole = history.made.find((one) => one.source === source)?.result.whole;
  if (!whole || typeof from !== "number" || from < 0) {
    const output = "input_invalid: source must be the number of a result that was cut, and from a position in it.";
    return { result: { failed: true, output }, tainted: false };
  }
  const text = await read(whole);
  const cut = text.slice(from, from + shown);
  const rest = text.length - from - cut.length;
  // It was guarded whole, and may begin in the middle of what was done to it.
  const part = forModel(cut, guards);
  const output = rest > 0 ? `${part}\n… ${rest} characters follow; read on from ${from + cut.length} …` : part;
  return { result: { failed: false, output }, tainted: true };
}
