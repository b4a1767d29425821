import { digestOf, type Json } from "@gantry/sdk";
import { understand, type Understanding } from "../../platform/src/planner/index.ts";
import { readLabelled, readStage, type Labelled } from "./labelled.ts";

export interface Judged {
  labelled: Labelled;
  read: Understanding;
  rightRunbook: boolean;
  slots: { right: number; wrong: number; lost: number };
  /** It would have been run although it must be asked about or refused, or otherwise than it was meant. */
  falselyAccepted: boolean;
}

/** Reads every sentence of a set as the API would. */
export async function judgeAll(set: "held-out" | "development"): Promise<Judged[]> {
  const stage = await readStage();
  return (await readLabelled(set)).map((labelled) => judge(labelled, understand(stage, { text: labelled.text })));
}

function judge(labelled: Labelled, read: Understanding): Judged {
  const rightRunbook = read.runbook === labelled.runbook;
  const slots = compare(slotsOf(labelled), slotsOf(read));
  const asMeant = labelled.outcome === "run" && rightRunbook && slots.wrong === 0 && slots.lost === 0;
  return { labelled, read, rightRunbook, slots, falselyAccepted: read.status === "ready" && !asMeant };
}

/** Parameters, environment and checks as a set of comparable texts. */
function slotsOf(of: Pick<Labelled, "parameters" | "environment"> & { checks?: readonly unknown[] }): Set<string> {
  const values: [string, Json][] = Object.entries(of.parameters);
  if (of.environment !== null) values.push(["environment", of.environment]);
  for (const check of of.checks ?? []) values.push(["check", check as Json]);
  return new Set(values.map(([name, value]) => `${name} ${digestOf(value)}`));
}

function compare(wanted: ReadonlySet<string>, got: ReadonlySet<string>): Judged["slots"] {
  const right = [...got].filter((slot) => wanted.has(slot)).length;
  return { right, wrong: got.size - right, lost: wanted.size - right };
}

export interface Figures {
  /** Of the sentences that some runbook answers, those for which it is found. */
  top1: number;
  slotF1: number;
  /** Of all sentences. */
  falseAcceptance: number;
  /** Of the sentences that say everything, those that are understood without asking. */
  answered: number;
  sentences: number;
}

export function figuresOf(judged: readonly Judged[]): Figures {
  const answerable = judged.filter(({ labelled }) => labelled.runbook !== null);
  const complete = judged.filter(({ labelled }) => labelled.outcome === "run");
  const sum = (part: keyof Judged["slots"]) => judged.reduce((total, { slots }) => total + slots[part], 0);
  return {
    top1: share(answerable, ({ rightRunbook }) => rightRunbook),
    slotF1: (2 * sum("right")) / (2 * sum("right") + sum("wrong") + sum("lost")),
    falseAcceptance: share(judged, ({ falselyAccepted }) => falselyAccepted),
    answered: share(complete, ({ read }) => read.status === "ready"),
    sentences: judged.length,
  };
}

function share(list: readonly Judged[], test: (one: Judged) => boolean): number {
  return list.filter(test).length / list.length;
}
