import type { ModelContent } from "@gantry/sdk/api";
import { plural } from "../../../ui/texts.ts";
import type { TracedCall } from "./thoughts.ts";

const states: Record<TracedCall["state"], string> = {
  running: "running",
  done: "done",
  failed: "failed",
  idle: "not carried out",
};

export const texts = {
  en: {
    trace: "Trace",
    none: "No model has said anything yet.",
    title: "What the agents thought",
    turn: (turn: number) => `Turn ${turn}`,
    tokens: (input: number, output: number) => `${input.toLocaleString("en")} in, ${output.toLocaleString("en")} out`,
    turns: (count: number) => plural("en", count, { one: "turn", other: "turns" }),
    states,
    input: "Input",
    output: "What the model saw of it",
    said: "What it said",
    summary: "What was said before, summarized",
    saying: "is saying",
    calling: (tools: readonly string[]) => `is calling ${tools.join(", ")}`,
    read: (tools: readonly string[]) => `Read what nobody vouches for: ${tools.join(", ")}`,
    idleWhy: "It is a proposal that somebody decides on, or its input didn't fit.",
    finish: { length: "cut off: too long", refused: "refused", filtered: "filtered by the provider" } as Record<
      string,
      string
    >,
    cost: (text: string) => `models ${text}`,
    costTitle: "What calls to models came to",
    calls: "Tools that it called",
    showAsked: "Show what was asked",
    asked: (model: string) => `What ${model} was asked, and what it answered before any guardrail`,
    offered: (tools: readonly string[]) => `Tools: ${tools.join(", ")}`,
    roles: {
      system: "Instructions",
      user: "Question",
      assistant: "What the model had said",
      tool: "What it was told of its calls",
    } satisfies Record<ModelContent["messages"][number]["role"], string>,
    answered: "Answer",
  },
};
