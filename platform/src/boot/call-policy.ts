import type { Effect, Tool } from "@gantry/sdk";
import type { Pool } from "pg";
import type { AttemptRequest, PolicedRun } from "../engine/index.ts";
import type { Assess, OwnRules } from "../policy/index.ts";
import { findPoliced } from "../store/runs/policed-run.ts";

/**
 * Asks policy about one call of a tool within thinking, as it would be asked about a step with it: the plan that people saw names only
 * the tool that thinks.
 */
export function createCallPolicy({
  engine,
  assess,
  ownRules,
}: {
  engine: Pool;
  assess: Assess;
  ownRules: (run: PolicedRun) => Promise<OwnRules>;
}): (request: AttemptRequest, tool: Pick<Tool, "name" | "effect">) => Promise<string | null> {
  return async ({ runId, requester }, { name, effect }) => {
    const run = await findPoliced(engine, runId);
    if (run === null) return "its run is gone.";
    const own = run.basis === "" ? undefined : await ownRules(run);
    const { environment, protection } = run;
    return whyNotCall(assess, { tool: name, effect, environment, protection, requester }, own);
  };
}

/** Why policy doesn't want a model to call that tool now; null: it may. */
export function whyNotCall(
  assess: Assess,
  { tool, effect, environment, protection, requester }: Call,
  own?: OwnRules,
): string | null {
  const { decision } = assess(
    {
      scope: "start",
      environment,
      runbook: null,
      requester,
      effect,
      counts: { add: 0, change: 0, destroy: 0 },
      tools: [{ tool, effect }],
      undoable: true,
      deferred: 0,
    },
    { protection },
    own,
  );
  return decision.result === "allow" ? null : `${decision.policies.join(", ")}. ${decision.reasons.join(" ")}`;
}

interface Call extends Pick<AttemptRequest, "environment" | "requester" | "tool"> {
  effect: Effect;
  protection: PolicedRun["protection"];
}
