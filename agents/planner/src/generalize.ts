import { defineTool, factsOfThoughts, JsonObject, Plan, thoughtFacts, type Thought } from "@gantry/sdk";
import { problemsOfGeneralized, RunbookNotMadeError } from "@gantry/sdk/runbook-file";
import { z } from "zod";

/** Every part is required and nothing is open, as providers want it of schemas that answers must fit. */
const Draft = z.strictObject({
  changes: z.array(z.string()).describe("What was made general or clearer, and why, a short sentence each"),
  file: z.string().describe("The whole file, as YAML"),
  parameters: z.string().describe("What each parameter was in the run, as the text of a JSON object"),
});
const draft = z.toJSONSchema(Draft) as JsonObject;

/** Times that the file is written before it is given up. */
const mostRounds = 5;

const instructions = `You make the file of a runbook more general. It was made of a run that went well, and does just what that run did.
What another run could want otherwise becomes a parameter: names, addresses, versions, sizes, counts. The same value in several places is one parameter. What belongs to how it is done stays.
Declare each under parameters as {type: …, help: …}: text (with enum, pattern, min, max), integer and number (with enum, min, max), boolean, duration, url, secret, json, list and map (with items), object (with fields).
Give a default only to what is nearly always so; a name, an address or a version has none. Name parameters and write title, description, titles of steps, help, intents (what it is for, in the words of who wants it) and examples (whole sentences) for people who don't know the run.
\${{ parameters.name }} stands for a parameter, also within a text; \${{ environment }} for the environment; expressions are CEL. What else stands in \${{ }} or $ references stays as it is.
Keep name, version, the ids, kinds, tools and order of the steps, when, after, each, retry, undo, onFailure, deadline. Write no include, no if and no tests.
With the parameters of the run the file must make the very steps of the run.`;

export const GeneralizeInput = z.object({
  file: z.string().min(1).max(200_000).describe("The file that follows from the run"),
  /** As text, because its references mean steps of that run. */
  plan: z.string().min(1).max(2_000_000).describe("The plan of the run, as the text of a JSON object"),
});

export const generalize = defineTool({
  name: "planner.generalize",
  version: "1.0.0",
  title: "Make a runbook of a run more general with a model",
  effect: "reads",
  thinks: true,
  input: GeneralizeInput,
  output: z.object({
    file: z.string(),
    parameters: JsonObject,
    changes: z.array(z.string()),
    rounds: z.int(),
    ...thoughtFacts,
  }),
  timeoutMs: 20 * 60_000,
  retry: { attempts: 3, initialMs: 2_000, factor: 4, maxMs: 60_000 },
  worstCase: { requests: 100 },
  async run({ file, plan: text }, ctx) {
    const plan = Plan.parse(JSON.parse(text));
    const thoughts: Thought[] = [];
    let last = { file, problems: [] as string[] };
    for (let round = 1; round <= mostRounds; round += 1) {
      const thought = await ctx.think({
        goal: questionOf(plan, file, last),
        instructions,
        task: "write",
        tools: [],
        output: draft,
        ...(plan.tainted && { tainted: plan.tainted }),
      });
      thoughts.push(thought);
      const { file: made, parameters: said, changes } = Draft.parse(thought.output);
      const parameters = objectIn(said);
      const problems =
        parameters === null
          ? ["parameters must be the text of a JSON object"]
          : problemsOfGeneralized(plan, file, { text: made, parameters });
      if (parameters !== null && problems.length === 0)
        return { file: made, parameters, changes, rounds: round, ...factsOfThoughts(...thoughts) };
      last = { file: made, problems };
      ctx.log(`round ${round}: ${problems.join("; ")}`);
    }
    throw new RunbookNotMadeError(`what the model wrote doesn't hold: ${last.problems.slice(0, 5).join("; ")}`);
  },
});

function questionOf(plan: Plan, given: string, { file, problems }: { file: string; problems: string[] }): string {
  const objections = problems.slice(0, 30).map((one) => `\n- ${one}`);
  const again = `\n\nWhat you wrote:\n${file}\n\nWhat is wrong with it:${objections.join("")}`;
  return `The goal of the run was: ${plan.goal}\nIts environment was: ${plan.environment}\n\nThe file:\n${given}${problems.length === 0 ? "" : again}`;
}

function objectIn(text: string): JsonObject | null {
  try {
    return JsonObject.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
