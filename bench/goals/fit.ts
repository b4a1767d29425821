/**
 * Fits the weights of platform/src/planner/confidence.ts to the development set and prints them: `node bench/goals/fit.ts`. Logistic
 * regression over the candidates of each sentence, with a little shrinkage, so that confidence is a probability. It never
 * reads the held-out set.
 */
import { candidatesFor } from "../../platform/src/planner/candidates.ts";
import { splitChecks } from "../../platform/src/planner/checks.ts";
import { normalise } from "../../platform/src/planner/normalise.ts";
import { readSentence } from "../../platform/src/planner/sentence.ts";
import { readLabelled, readStage } from "./labelled.ts";

const rounds = 20_000;
const step = 0.5;
const shrinkage = 0.0005;

const stage = await readStage();
const samples = (await readLabelled("development")).flatMap(({ text, runbook }) => {
  const { rest } = splitChecks(normalise(text));
  const sentence = readSentence(rest, stage.known.environments, stage.matcher.isWord);
  return candidatesFor(stage, sentence).map(({ entry, evidence }) => ({
    features: { bias: 1, ...evidence },
    right: entry.runbook.name === runbook ? 1 : 0,
  }));
});

const names = ["bias", "search", "wish", "coverage", "action", "filled"] as const;
const weights = Object.fromEntries(names.map((name) => [name, 0])) as Record<(typeof names)[number], number>;
for (let round = 0; round < rounds; round++) {
  const gradient = Object.fromEntries(names.map((name) => [name, 0])) as typeof weights;
  for (const { features, right } of samples) {
    const sum = names.reduce((total, name) => total + weights[name] * features[name], 0);
    const error = 1 / (1 + Math.exp(-sum)) - right;
    for (const name of names) gradient[name] += (error * features[name]) / samples.length;
  }
  for (const name of names)
    weights[name] -= step * (gradient[name] + (name === "bias" ? 0 : shrinkage * weights[name]));
}
const rounded = Object.fromEntries(names.map((name) => [name, Math.round(weights[name] * 10) / 10]));
process.stdout.write(`${samples.length} candidates: ${JSON.stringify(rounded)}\n`);
