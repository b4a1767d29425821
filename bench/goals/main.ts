import { understand } from "../../platform/src/planner/index.ts";
import { median, type Measure } from "../measure.ts";
import { figuresOf, judgeAll, type Figures } from "./evaluate.ts";
import { readLabelled, readStage } from "./labelled.ts";

/** How well goals in words are understood: on the sentences that the planner was built with, and on those that it wasn't. */
export async function measureGoals(): Promise<Measure[]> {
  const heldOut = figuresOf(await judgeAll("held-out"));
  const development = figuresOf(await judgeAll("development"));
  return [...linesOf("held-out", heldOut), ...linesOf("development", development), await measureSpeed()];
}

function linesOf(set: "held-out" | "development", figures: Figures): Measure[] {
  const of = `${figures.sentences} labelled sentences, ${set === "held-out" ? "written before the planner" : "which it was tuned with"}`;
  const share = (part: string, value: number, target: Measure["target"], what: string): Measure => ({
    name: `goals.${set}.${part}`,
    value: value * 100,
    unit: "%",
    floor: null,
    ratio: null,
    target,
    what: `${what}; ${of}`,
  });
  return [
    share("top-1", figures.top1, { atLeast: 90 }, "of those that a runbook answers, the right one is found"),
    share("slot-f1", figures.slotF1, { atLeast: 90 }, "F1 of parameters, environment and checks"),
    share(
      "false-acceptance",
      figures.falseAcceptance,
      { atMost: 2 },
      "would run, but must be asked about, refused, or run otherwise",
    ),
    share("answered", figures.answered, { atLeast: 80 }, "of those that say everything, understood without asking"),
  ];
}

async function measureSpeed(): Promise<Measure> {
  const stage = await readStage();
  const sentences = await readLabelled("development");
  const rounds = Array.from({ length: 5 }, () => {
    const from = performance.now();
    for (const { text } of sentences) understand(stage, { text });
    return (performance.now() - from) / sentences.length;
  });
  return {
    name: "goals.speed",
    value: median(rounds),
    unit: "ms",
    floor: null,
    ratio: null,
    target: { atMost: 10 },
    what: "a sentence of the development set, understood",
  };
}
