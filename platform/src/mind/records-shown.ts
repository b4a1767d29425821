import type { AuditEntry, ModelCostView, RunDetail, RunFailure, RunSummary } from "@gantry/sdk/api";

/** Characters of one text: of an error, a goal, a line of a log. */
const longest = 1_000;
const mostSteps = 40;
const mostApprovals = 20;

/** What a list tells of a run. */
export function shownRunShortly(run: RunSummary) {
  const { id, runbook, goal, status, waiting, error, requester, triggeredBy, createdAt, finishedAt, dryRun } = run;
  return {
    id,
    runbook,
    goal: short(goal),
    status,
    ...(waiting && { waiting: { on: waiting.on, detail: short(waiting.detail), who: waiting.who } }),
    ...(error && { error: shownError(error) }),
    requester: requester.name,
    ...(triggeredBy && { trigger: triggeredBy.name }),
    ...(dryRun && { dryRun }),
    createdAt,
    finishedAt,
  };
}

/** One run as far as answers need it: steps that went wrong first. */
export function shownRun(
  run: RunDetail,
  { failure, costs }: { failure: RunFailure | null; costs: readonly ModelCostView[] },
) {
  const steps = run.steps.toSorted((a, b) => Number(b.error !== null) - Number(a.error !== null));
  return {
    ...shownRunShortly(run),
    phase: run.phase,
    failure: failure && shownFailure(failure),
    steps: steps.slice(0, mostSteps).map(({ key, title, tool, status, error, undo }) => ({
      key,
      title: short(title),
      tool,
      status,
      ...(error && { error: shownError(error) }),
      ...(undo && { undo: undo.status }),
    })),
    ...(steps.length > mostSteps && { furtherSteps: steps.length - mostSteps }),
    changeSets: run.changeSets.slice(-3).map(shownChangeSet),
    models: costs.map(({ key, calls, input, output, micros }) => ({ model: key, calls, input, output, micros })),
  };
}

function shownFailure({ step, error, exitCode, command, host, tries, line }: RunFailure) {
  return {
    step: step?.key ?? null,
    error: shownError(error),
    ...(exitCode !== null && { exitCode }),
    ...(command !== null && { command: short(command) }),
    ...(host !== null && { host }),
    tries,
    ...(line && {
      log: { line: line.line, text: short(line.text), before: line.before.map(short), after: line.after.map(short) },
    }),
  };
}

function shownChangeSet({
  hash,
  status,
  createdAt,
  approvals,
  ended,
  decision,
  changeSet,
}: RunDetail["changeSets"][number]) {
  return {
    hash,
    status,
    createdAt,
    policy: { result: decision.result, policies: decision.policies, reasons: decision.reasons.map(short) },
    changes: changeSet.entries.slice(0, mostSteps).map(({ step, tool, effect, preview }) => ({
      step,
      tool,
      effect,
      ...(preview && { summary: short(preview.summary) }),
    })),
    approvals: approvals.slice(0, mostApprovals).map(({ actor, group, at, reason, onBehalfOf }) => ({
      by: actor.name,
      group,
      at,
      ...(reason !== null && { reason: short(reason) }),
      ...(onBehalfOf && { onBehalfOf: onBehalfOf.name }),
    })),
    ...(ended && { ended: { at: ended.at, by: ended.actor.name, reason: short(ended.reason ?? "") } }),
  };
}

/** Without addresses and credentials of people. */
export function shownAudit({ id, at, actor, onBehalfOf, action, target, reason, result }: AuditEntry) {
  return {
    id,
    at,
    actor: actor.name,
    ...(onBehalfOf && { onBehalfOf: onBehalfOf.name }),
    action,
    target,
    ...(reason !== null && { reason: short(reason) }),
    result,
  };
}

const shownError = ({ code, message }: { code: string; message: string }) => ({ code, message: short(message) });
const short = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest)}…`);
