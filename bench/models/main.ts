import type { Measure } from "../measure.ts";
import { measureAgents } from "./agents.ts";
import { measureFirstWords } from "./first-words.ts";
import { measureOverhead } from "./overhead.ts";

/** The model layer and agents that think, against a provider in a process of its own. */
export async function measureModels(): Promise<Measure[]> {
  return [...(await measureOverhead()), ...(await measureAgents()), ...(await measureFirstWords())];
}
