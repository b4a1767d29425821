import { touchesWorld, type Risk } from "@gantry/sdk";
import type { PolicyFacts } from "@gantry/sdk/core";

const levels = ["low", "medium", "high", "critical"] as const;

/** How dangerous a change is, with the reasons that an approver should read. Pure; every reason raises the level on its own. */
export function assessRisk(facts: PolicyFacts, { protection }: { protection: "open" | "guarded" | "strict" }): Risk {
  const { effect, counts, undoable, deferred, environment } = facts;
  const found: [level: number, reason: string][] = [];
  if (effect === "destroys")
    found.push([2, counts.destroy > 0 ? `It destroys ${things(counts.destroy)}.` : "It may destroy something."]);
  else if (effect === "changes") found.push([protection === "open" ? 0 : 1, "It changes what is there."]);
  if (counts.destroy > 10) found.push([3, `It destroys more than 10 things at once.`]);
  if (touchesWorld(effect) && !undoable) found.push([2, "A part of it can't be undone."]);
  if (deferred > 0)
    found.push([
      1,
      `${deferred === 1 ? "One step" : `${deferred} steps`} can't be previewed before an earlier one has run.`,
    ]);
  if (touchesWorld(effect) && protection === "strict") found.push([2, `${environment} is a strict environment.`]);
  const level = Math.max(0, ...found.map(([one]) => one));
  return { level: levels[level] ?? "critical", reasons: found.map(([, reason]) => reason) };
}

function things(count: number): string {
  return count === 1 ? "one thing" : `${count} things`;
}
