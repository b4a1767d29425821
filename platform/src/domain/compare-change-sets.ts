import type { ChangeSet, ChangeSetEntry, Json } from "@gantry/sdk";
import type { ChangedEntry, ChangeSetComparison } from "@gantry/sdk/api";
import { differencesOf, type Room } from "./differences.ts";

const differencesShown = 500;

/** What somebody who looked at the first of two change sets of a run must know of the second. Pure. */
export function compareChangeSets(a: ChangeSet, b: ChangeSet): Pick<ChangeSetComparison, "steps" | "rest" | "omitted"> {
  const room: Room = { left: differencesShown, omitted: 0 };
  const rest = differencesOf(restOf(a), restOf(b), room);
  const [inA, inB] = [byStep(a), byStep(b)];
  const steps = [...new Set([...inA.keys(), ...inB.keys()])].flatMap((step): ChangedEntry[] => {
    const [before, after] = [inA.get(step), inB.get(step)];
    const title = (after ?? before)?.title ?? step;
    if (before === undefined) return [{ step, title, change: "added", differences: [] }];
    if (after === undefined) return [{ step, title, change: "removed", differences: [] }];
    const differences = differencesOf(factsOf(before), factsOf(after), room);
    return differences.length === 0 ? [] : [{ step, title, change: "changed", differences }];
  });
  return { steps, rest, omitted: room.omitted };
}

function byStep({ entries }: ChangeSet): Map<string, ChangeSetEntry> {
  return new Map(entries.map((entry) => [entry.step, entry]));
}

function factsOf({ step: _, preview, ...entry }: ChangeSetEntry): Json {
  if (preview === null) return { ...entry, preview };
  // Which things, and what becomes of each; what changed in them stands in the diff.
  const things = preview.changes?.map(({ name, action }) => [name, action] as const) ?? [];
  return { ...entry, preview: { ...preview, changes: Object.fromEntries(things) } } as unknown as Json;
}

function restOf({ gate, environment, planDigest, prepared, counts, effect, risk, ...rest }: ChangeSet): Json {
  const { blastRadius, undo, decision } = rest;
  return {
    gate,
    environment,
    plan: planDigest,
    prepared,
    counts,
    effect,
    risk,
    touches: Object.fromEntries(blastRadius.touches.map((name) => [name, "touched"])),
    touchesNotListed: blastRadius.omitted,
    undo: {
      automatic: undo.automatic,
      steps: Object.fromEntries(undo.steps.map(({ step, ...outlook }) => [step, outlook])),
    },
    policy: {
      result: decision.result,
      policies: Object.fromEntries(decision.policies.map((name) => [name, "decides"])),
      reasons: decision.reasons,
      approvals: Object.fromEntries(decision.approvals.map(({ group, count }) => [group, count])),
    },
  };
}
