import { JsonObject, z, type Plan } from "@gantry/sdk";
import type { RunDetail } from "@gantry/sdk/api";
import { problemsOfGeneralized, RunbookNotMadeError } from "@gantry/sdk/runbook-file";
import type { Context } from "../context.ts";
import type { ExitName } from "../exit-codes.ts";
import type { Progress } from "../progress.ts";
import { watchRun } from "../watch-run.ts";
import { draftProgress } from "../words-progress.ts";

/** What the planner's step gives. */
const Answer = z.object({ file: z.string(), parameters: JsonObject, changes: z.array(z.string()) });

interface Wanted {
  plan: Plan;
  /** The file that follows from the run by rules. */
  text: string;
  goal: string;
  project: string;
  timeoutMs: number | undefined;
}

interface General {
  run: string;
  text: string;
  parameters: JsonObject;
  changes: string[];
}

/**
 * Has a model make the file more general, in a run of its own. What comes of it is checked here once more.
 * @returns null, and how that run ended, where nothing came of it @throws {RunbookNotMadeError}
 */
export async function generalize(
  context: Context,
  { plan, text, goal, project, timeoutMs }: Wanted,
): Promise<{ exit: ExitName; general: General | null }> {
  const { terminal } = context;
  const run = await context.client().runs.create({
    runbook: "planner.generalize",
    parameters: { file: text, plan: JSON.stringify(plan) },
    environment: plan.environment,
    project,
    goal,
  });
  terminal.say(terminal.paint("dim", `A model writes it: run ${run.id} on ${plan.environment}`));
  let latest: RunDetail | undefined;
  const shown = draftProgress(context);
  const state: Progress["state"] = (seen) => {
    latest = seen;
    shown.state(seen);
  };
  const exit = await watchRun(context, {
    run: run.id,
    wait: false,
    timeoutMs,
    data: false,
    progress: { ...shown, state },
  });
  const said = latest?.steps.map(({ output }) => Answer.safeParse(output)).find(({ success }) => success)?.data;
  if (said === undefined) return { exit, general: null };
  const { file, parameters, changes } = said;
  const problems = problemsOfGeneralized(plan, text, { text: file, parameters });
  if (problems.length > 0) throw new RunbookNotMadeError(`what the model wrote doesn't hold: ${problems.join("; ")}`);
  return { exit, general: { run: run.id, text: file, parameters, changes } };
}
