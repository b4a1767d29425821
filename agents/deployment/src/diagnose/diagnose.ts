import { defineTool, factsOfThoughts, thoughtFacts, type JsonObject } from "@gantry/sdk";
import { z } from "zod";
import { ServiceName } from "../schemas.ts";
import { Cause, Sign, signsIn, type Evidence } from "./causes.ts";
import { gather } from "./gather.ts";

const Quote = z.strictObject({ source: z.string(), text: z.string() });
/** Closed and all required, as providers want it. */
const Diagnosis = z.strictObject({
  cause: Cause,
  explanation: z.string().describe("What happened and why, in at most five sentences"),
  confidence: z.enum(["high", "medium", "low"]),
  quotes: z.array(Quote).describe("What shows it, word for word"),
  next: z.array(z.string()).describe("What somebody should do, most useful first"),
});
const schema = z.toJSONSchema(Diagnosis) as JsonObject;

/** Says why a release failed: by known signs in its logs, and by a model that reads them. */
export const diagnose = defineTool({
  name: "deploy.diagnose",
  version: "1.0.0",
  title: "Find out why a release failed",
  effect: "reads",
  thinks: true,
  input: z.object({
    service: ServiceName,
    /** What else there is to go by: the failed run's error, its log. */
    evidence: z.string().max(100_000).default(""),
    /** False: by known signs alone. */
    model: z.boolean().default(true),
  }),
  output: z.object({
    /** Lines that tell of a known cause, the likeliest first. */
    signs: z.array(Sign),
    /** Null without a model. */
    diagnosis: Diagnosis.nullable(),
    ...thoughtFacts,
  }),
  timeoutMs: 20 * 60_000,
  retry: { attempts: 3, initialMs: 2_000, factor: 4, maxMs: 60_000 },
  worstCase: { requests: 20 },
  async run({ service, evidence, model }, ctx) {
    const given = evidence === "" ? [] : [{ source: "what was given", text: evidence }];
    const all = [...given, ...(await gather(service, ctx))];
    const signs = signsIn(all);
    if (!model) return { signs, diagnosis: null, ...factsOfThoughts() };
    const thought = await ctx.think({
      goal: questionOf(service, all, signs),
      output: schema,
      tainted: all.map(({ source }) => source),
    });
    const said = Diagnosis.parse(thought.output);
    const quotes = said.quotes.filter((quote) => isFrom(all, quote));
    // Without a word of evidence it is a guess, whatever it says.
    const confidence = quotes.length === 0 ? "low" : said.confidence;
    return { signs, diagnosis: { ...said, quotes, confidence }, ...factsOfThoughts(thought) };
  },
});

function questionOf(service: string, evidence: readonly Evidence[], signs: readonly Sign[]): string {
  const shown = evidence.map(({ source, text }) => JSON.stringify({ source, text })).join("\n");
  const known = signs.map(({ cause, line }) => `\n- ${cause}: ${JSON.stringify(line)}`).join("");
  return `Why did the release of ${service} fail?\n\n${shown === "" ? "There is no log." : shown}\n\nKnown signs in it:${known === "" ? " none." : known}`;
}

/** A quote that stands nowhere is none. */
function isFrom(evidence: readonly Evidence[], { text }: z.infer<typeof Quote>): boolean {
  const wanted = text.trim();
  return wanted !== "" && evidence.some((one) => one.text.includes(wanted));
}
