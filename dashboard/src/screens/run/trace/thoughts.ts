import type { Json } from "@gantry/sdk";
import type { RunEvent } from "@gantry/sdk";
import * as z from "zod/mini";

/** One call that a model made in a turn. `idle`: it wasn't carried out: it is a proposal, or didn't fit. */
export interface TracedCall {
  tool: string;
  input: Json;
  state: "running" | "done" | "failed" | "idle";
  /** As the model saw it. */
  output: string | null;
}

export interface Turn {
  turn: number;
  at: number;
  model: string;
  text: string;
  finish: string;
  tokens: { input: number; output: number };
  cost: { micros: number; known: boolean };
  ms: number;
  /** Ids of the calls of models that it took. */
  asked: string[];
  calls: TracedCall[];
  /** What was said before it was summarized for it. */
  summary: string | null;
}

/** One thinking of a step, from its first turn on. */
export interface Thought {
  step: string;
  thought: string;
  turns: Turn[];
}

/** Notes of thinking, as far as the trace shows them. Tools note other things, too, and newer releases more. */
const place = { thought: z.string(), turn: z.int() };
const money = z.object({ micros: z.number(), known: z.boolean() });
const usage = z.object({ input: z.number(), output: z.number() });
const Note = z.discriminatedUnion("kind", [
  z.object({
    ...place,
    kind: z.literal("answered"),
    answer: z.object({
      text: z.string(),
      toolCalls: z.array(z.object({ name: z.string(), input: z.json() })),
      finish: z.string(),
      model: z.string(),
      usage,
      cost: money,
      totalMs: z.number(),
      attempts: z.optional(z.array(z.object({ call: z.optional(z.nullable(z.string())) }))),
    }),
  }),
  z.object({ ...place, kind: z.literal("calling"), id: z.string(), tool: z.string() }),
  z.object({
    ...place,
    kind: z.literal("called"),
    id: z.string(),
    tool: z.string(),
    output: z.string(),
    failed: z.boolean(),
  }),
  z.object({ ...place, kind: z.literal("summarized"), text: z.string(), usage, cost: money }),
]);

/** The turns of a run's agents, put together from its history. */
export function thoughtsOf(events: readonly RunEvent[]): Thought[] {
  const thoughts = new Map<string, Thought>();
  const summaries = new Map<string, z.infer<typeof Note> & { kind: "summarized" }>();
  for (const event of events) {
    if (event.type !== "attempt.noted") continue;
    const { data: note } = Note.safeParse(event.data.note);
    if (note === undefined) continue;
    const key = `${event.data.step} ${note.thought}`;
    const thought = thoughts.get(key) ?? { step: event.data.step, thought: note.thought, turns: [] };
    thoughts.set(key, thought);
    const turn = thought.turns.find((one) => one.turn === note.turn);
    switch (note.kind) {
      case "summarized":
        summaries.set(`${key} ${note.turn}`, note);
        break;
      case "answered": {
        const { text, toolCalls, finish, model, usage: tokens, cost, totalMs, attempts = [] } = note.answer;
        const before = summaries.get(`${key} ${note.turn}`);
        const calls = toolCalls.map(({ name, input }): TracedCall => {
          return { tool: name, input, state: "idle", output: null };
        });
        thought.turns.push({
          turn: note.turn,
          at: event.at,
          model,
          text,
          finish,
          tokens: {
            input: tokens.input + (before?.usage.input ?? 0),
            output: tokens.output + (before?.usage.output ?? 0),
          },
          cost: {
            micros: cost.micros + (before?.cost.micros ?? 0),
            known: cost.known && (before?.cost.known ?? true),
          },
          ms: totalMs,
          asked: attempts.flatMap(({ call }) => call ?? []),
          calls,
          summary: before?.text ?? null,
        });
        break;
      }
      case "calling":
      case "called": {
        const call = turn?.calls[Number(note.id)];
        if (call === undefined) break;
        call.tool = note.tool;
        call.state = note.kind === "calling" ? "running" : note.failed ? "failed" : "done";
        call.output = note.kind === "called" ? note.output : null;
        break;
      }
      default:
        return note satisfies never;
    }
  }
  return [...thoughts.values()];
}

export interface Sum {
  turns: number;
  tokens: { input: number; output: number };
  cost: { micros: number; known: boolean };
  /** Tools whose results the model read: nobody vouches for what they said. */
  sources: string[];
}

export function sumOf({ turns }: Pick<Thought, "turns">): Sum {
  const read = turns.flatMap(({ calls }) => calls.filter(({ output }) => output !== null).map(({ tool }) => tool));
  return {
    turns: turns.length,
    tokens: {
      input: turns.reduce((sum, { tokens }) => sum + tokens.input, 0),
      output: turns.reduce((sum, { tokens }) => sum + tokens.output, 0),
    },
    cost: {
      micros: turns.reduce((sum, { cost }) => sum + cost.micros, 0),
      known: turns.every(({ cost }) => cost.known),
    },
    sources: [...new Set(read)],
  };
}
