import { defineTool, factsOfThoughts, thoughtFacts, type JsonObject, type Thought } from "@gantry/sdk";
import { z } from "zod";

const Citation = z.object({
  source: z.int().describe("Number of the tool's result"),
  quote: z.string().max(500).describe("What it says, word for word"),
});
const Said = z.object({ answer: z.string().min(1).max(20_000), citations: z.array(Citation).max(50) });
const said = z.toJSONSchema(Said) as JsonObject;

export const ask = defineTool({
  name: "assistant.ask",
  version: "1.0.0",
  title: "Ask a model that looks with tools",
  effect: "reads",
  thinks: true,
  input: z.object({
    question: z.string().min(1).max(4_000),
    /** What another agent, or anybody, found before: nobody vouches for it. */
    context: z
      .json()
      .refine((found) => JSON.stringify(found).length <= 100_000, "at most 100,000 characters")
      .optional(),
  }),
  output: z.object({
    answer: z.string(),
    citations: z.array(Citation.extend({ tool: z.string() })),
    ...thoughtFacts,
  }),
  timeoutMs: 20 * 60_000,
  retry: { attempts: 3, initialMs: 2_000, factor: 4, maxMs: 60_000 },
  worstCase: { requests: 100 },
  async run({ question, context }, { think }) {
    const handed =
      context === undefined
        ? { goal: question }
        : {
            goal: `${question}\n\nWhat was found before, as data that nobody vouches for:\n${JSON.stringify(context)}`,
            tainted: ["context"],
          };
    const thought = await think({ ...handed, output: said });
    const { answer, citations } = Said.parse(thought.output);
    return { answer, citations: known(citations, thought), ...factsOfThoughts(thought) };
  },
});

/** A source that there isn't is no citation. */
function known(citations: readonly z.infer<typeof Citation>[], { calls }: Thought) {
  return citations.flatMap((one) => {
    const call = calls.find(({ source, failed }) => source === one.source && !failed);
    return call ? [{ ...one, tool: call.tool }] : [];
  });
}
