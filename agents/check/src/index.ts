/** The check agent: finds out whether what was wanted is so. It only looks. Imports the SDK only. */
import { defineAgent } from "@gantry/sdk";
import { checkHttp } from "./http.ts";
import { checkLatency } from "./latency.ts";

export const agent = defineAgent({
  name: "check",
  version: "1.0.0",
  title: "Acceptance checks",
  instructions: "Looks from outside whether a goal is met: what an address answers, and how fast. Changes nothing.",
  tools: [checkHttp, checkLatency],
  runbooks: [],
  packageUrl: new URL("..", import.meta.url).href,
});
