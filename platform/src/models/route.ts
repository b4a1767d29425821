import { costOf } from "./cost.ts";
import type { Tier } from "./catalogue.ts";
import type { Offer, Offered } from "./offers.ts";
import type { ModelCall, TaskClass } from "./types.ts";

/** What an organization allows and prefers. */
export interface ModelPolicy {
  /** Null: all that are connected. */
  providers: readonly string[] | null;
  /** Null: anywhere. Else only connections that say one of these. */
  regions: readonly string[] | null;
  prefer: "quality" | "cost" | "latency";
  /** How long the answer to a question that has only one is kept in memory; 0: not at all. */
  cacheSeconds: number;
  /** Whether prompts and answers are kept, and as what. */
  store: "off" | "redacted" | "full";
}

export interface Candidate<O extends Offer = Offer> {
  offer: O;
  offered: Offered;
}

export interface RouteFacts {
  policy: ModelPolicy;
  /** Of the prompt, upwards. */
  inputTokens: number;
  now: number;
  latencyOf(candidate: Candidate): number | null;
  /** True: its breaker is open, so it is only asked if all others fail. */
  isOpen(candidate: Candidate): boolean;
}

const tiers: Record<TaskClass, readonly Tier[]> = {
  plan: ["best", "balanced", "fast"],
  write: ["best", "balanced", "fast"],
  review: ["best", "balanced", "fast"],
  answer: ["balanced", "best", "fast"],
  extract: ["fast", "balanced", "best"],
  summarize: ["fast", "balanced", "best"],
};

/** Models that may and can take the call, in the order in which they are asked; why the others aren't; and those that only read too little. */
export function route<O extends Offer>(
  offers: readonly O[],
  call: Pick<ModelCall, "task" | "tools" | "output" | "messages" | "maxOutputTokens" | "model">,
  facts: RouteFacts,
): { candidates: Candidate<O>[]; why: string[]; tooSmall: Candidate<O>[] } {
  const why: string[] = [];
  const tooSmall: Candidate<O>[] = [];
  const candidates: Candidate<O>[] = [];
  for (const offer of offers) {
    const refusal = refusalOf(offer, facts.policy, call.task);
    if (refusal !== null) {
      why.push(`connection ${offer.connection} ${refusal}`);
      continue;
    }
    for (const offered of offer.models) {
      if (
        call.model !== undefined &&
        call.model !== offered.model &&
        call.model !== `${offer.connection}/${offered.model}`
      )
        continue;
      const lacks = lackOf(offered, call, facts);
      const short = lacks === null ? shortOf(offered, call, facts) : null;
      if (short !== null) tooSmall.push({ offer, offered });
      const not = lacks ?? short;
      if (not === null) candidates.push({ offer, offered });
      else why.push(`${offered.model} ${not}`);
    }
  }
  if (candidates.length === 0 && call.model !== undefined) why.push(`no connection offers ${call.model}`);
  const order = tiers[call.task];
  const tokens = { input: facts.inputTokens, cachedInput: 0, output: call.maxOutputTokens };
  const ranked = candidates.map((candidate, at) => ({
    candidate,
    rank: [
      facts.isOpen(candidate) ? 1 : 0,
      candidate.offer.priority,
      ...(facts.policy.prefer === "quality" ? [] : [preferred(candidate, facts, tokens)]),
      order.indexOf(candidate.offered.tier),
      at,
    ],
  }));
  const best = ranked.toSorted((a, b) => compare(a.rank, b.rank));
  return { candidates: best.map(({ candidate }) => candidate), why, tooSmall };
}

function refusalOf({ provider, region, tasks }: Offer, policy: ModelPolicy, task: TaskClass): string | null {
  if (policy.providers !== null && !policy.providers.includes(provider))
    return `is of ${provider}, where this organization's data may not go (gantry models policy)`;
  if (policy.regions !== null && (region === null || !policy.regions.includes(region)))
    return `${region === null ? "says no region" : `is in ${region}`}, where this organization's data may not go (gantry models policy)`;
  if (tasks !== null && !tasks.includes(task)) return `isn't for the task ${task}`;
  return null;
}

function lackOf(
  { can, output, known }: Offered,
  call: Pick<ModelCall, "tools" | "output" | "messages" | "maxOutputTokens">,
  { now }: RouteFacts,
): string | null {
  if (known?.retired !== undefined && Date.parse(known.retired) <= now) return `was retired on ${known.retired}`;
  if (call.tools.length > 0 && !can.includes("tools")) return "can't call tools";
  if (call.output !== undefined && !can.includes("json")) return "can't answer by a schema";
  if (hasImages(call) && !can.includes("images")) return "can't see images";
  if (output !== null && call.maxOutputTokens > output)
    return `answers with ${output} tokens at most, ${call.maxOutputTokens} are wanted`;
  return null;
}

function shortOf(
  { context }: Offered,
  { maxOutputTokens }: Pick<ModelCall, "maxOutputTokens">,
  { inputTokens }: RouteFacts,
): string | null {
  const needed = inputTokens + maxOutputTokens;
  if (context === null || needed <= context) return null;
  return `takes ${context} tokens, this conversation and its answer may need ${needed}`;
}

function hasImages({ messages }: Pick<ModelCall, "messages">): boolean {
  return messages.some(
    (one) => one.role === "user" && typeof one.content !== "string" && one.content.some(({ type }) => type === "image"),
  );
}

function preferred(
  candidate: Candidate,
  { policy, now, latencyOf }: RouteFacts,
  tokens: Parameters<typeof costOf>[1],
): number {
  if (policy.prefer === "cost") return costOf(candidate.offered, tokens, now).micros;
  // Whoever was never asked is tried once, to be measured.
  return latencyOf(candidate) ?? 0;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, one] of a.entries()) if (one !== b[at]) return one - (b[at] ?? 0);
  return 0;
}
