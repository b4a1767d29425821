import type { AskRequest, Json, JsonObject } from "@gantry/sdk";
import { z } from "zod";
import { builtInTool } from "./built-in.ts";
import type { MindTool } from "./types.ts";

export const askPersonName = "person.ask";

const Input = z.strictObject({
  question: z.string().trim().min(1).max(1_000),
  answer: z.enum(["text", "yes_no", "number", "choice"]).default("text"),
  choices: z.array(z.string().min(1).max(100)).min(2).max(10).optional().describe("With `choice`: what to choose from"),
});

/** Lets a model ask whoever may run it. What a person says is vouched for. */
export function askPersonTool(ask: (call: string, question: AskRequest) => Promise<Json>): MindTool {
  return builtInTool({
    name: askPersonName,
    title: "Ask a person what only people can know or decide; it may take hours. It never approves anything",
    effect: "reads",
    input: Input.refine(({ answer, choices }) => (answer === "choice") === (choices !== undefined), {
      error: "choices belong to `choice`",
      path: ["choices"],
    }),
    vouched: true,
    call: async (input, { id }) => ({ answer: await ask(id, { question: input.question, schema: schemaOf(input) }) }),
  });
}

function schemaOf({ answer, choices }: z.output<typeof Input>): JsonObject {
  switch (answer) {
    case "text":
      return { type: "string", minLength: 1, maxLength: 4_000 };
    case "yes_no":
      return { type: "boolean" };
    case "number":
      return { type: "number" };
    case "choice":
      return { type: "string", enum: choices ?? [] };
    default:
      return answer satisfies never;
  }
}
