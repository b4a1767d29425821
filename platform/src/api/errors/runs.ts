import { GantryError, type ErrorOptions, type JsonObject } from "@gantry/sdk";

export class LogsPurgedError extends GantryError {
  readonly code = "logs_purged";
  constructor(run: string) {
    super(`The logs of run ${run} were removed, as the organization's retention of logs says. Its history is there.`, {
      details: { run },
    });
  }
}

/** It ended so long ago that only the archive has it. */
export class RunArchivedError extends GantryError {
  readonly code = "run_archived";
  constructor(run: string) {
    super(
      `Run ${run} was archived and purged. \`gantry archive show ${run}\` says what it was, \`gantry archive export\` has all of it.`,
      {
        details: { run },
      },
    );
  }
}

export class RunNotFrozenError extends GantryError {
  readonly code = "run_not_frozen";
  constructor(run: string) {
    super(
      `No freeze window that is open now covers run ${run}, or it was let through already; there is nothing to override.`,
      {
        details: { run },
      },
    );
  }
}

/** A goal that no runbook answers, or that says what must not be done. `understanding` says what could be done instead. */
export class GoalNotUnderstoodError extends GantryError {
  readonly code = "goal_not_understood";
  constructor(why: string, understanding: JsonObject) {
    super(`${why} Nothing was started. GET /api/v1/runbooks lists what can be done.`, { details: { understanding } });
  }
}

/** A goal of which something must still be said; `understanding.missing` has the questions. */
export class GoalUnclearError extends GantryError {
  readonly code = "goal_unclear";
  constructor(questions: readonly string[], understanding: JsonObject) {
    super(`Something must be said first: ${questions.join(" ")} Nothing was started.`, { details: { understanding } });
  }
}

export class GoalAbandonedError extends GantryError {
  readonly code = "goal_abandoned";
  constructor(goal: string) {
    super(`Goal ${goal} was abandoned. Say it anew to go on with it.`, { details: { goal } });
  }
}

export class ChangeSetStaleError extends GantryError {
  readonly code = "change_set_stale";
  constructor(given: string, status: string | null, open: string | null) {
    super(
      `${status === null ? "The run has no such change set" : `This change set is ${status}`}; ` +
        (open === null ? "no other one waits for approval." : "another one waits: look at it, then decide on that."),
      { details: { given, status, open } },
    );
  }
}

export class DryRunError extends GantryError {
  readonly code = "run_is_dry";
  constructor(run: string) {
    super(
      `Run ${run} is a dry run: it changes nothing, so there is nothing to decide. \`gantry run --real ${run}\`, or the button on its page, carries it out as a new run.`,
      { details: { run } },
    );
  }
}

export class RunNotDryError extends GantryError {
  readonly code = "run_not_dry";
  constructor(run: string) {
    super(
      `Run ${run} is no dry run that came to its end, so it can't be carried out for real. ` +
        "Start a new run, retry this one, or fork it.",
      { details: { run } },
    );
  }
}

/** What a fork would stand on isn't stored any more: an artifact, or the run that a fact is from. */
export class ForkSourceGoneError extends GantryError {
  readonly code = "fork_source_gone";
  constructor(step: string, what: string) {
    super(
      `Step ${step} rests on ${what}, which isn't stored any more, so no fork can stand on it. ` +
        `Fork from ${step} or from a step before it.`,
      { details: { step, what } },
    );
  }
}

export class RunHasNoRunbookError extends GantryError {
  readonly code = "run_has_no_runbook";
  constructor(run: string) {
    super(
      `Run ${run} is of a plan that no runbook made, so it has no parameters to change. Fork it from a step instead: ` +
        `\`gantry fork ${run} --from <step> --set <path>=<value>\`, or Fork with edits on its page.`,
      { details: { run } },
    );
  }
}

export class RunbookVersionChangedError extends GantryError {
  readonly code = "runbook_version_changed";
  constructor(runbook: string, version: string, options: ErrorOptions) {
    super(
      `The run was made by ${runbook} ${version}, which isn't here any more. Start a new run, ` +
        `so that you see what another version plans: \`gantry plan ${runbook}\`, or Compose in the dashboard.`,
      { ...options, details: { runbook, version } },
    );
  }
}

export class ParametersUnchangedError extends GantryError {
  readonly code = "parameters_unchanged";
  constructor(run: string) {
    super(
      `No parameter differs from those of run ${run}. To try the same again: \`gantry retry ${run}\`, or Retry on its page, goes on where it failed.`,
      { details: { run } },
    );
  }
}

/** A filter without anything in it would mean every run. */
export class BulkFilterEmptyError extends GantryError {
  readonly code = "bulk_filter_empty";
  constructor() {
    super(
      "A bulk action needs a filter: status, project, environment, runbook, requester, a time, or the runs' ids. " +
        "Without one it would mean every run, which is never what happens.",
    );
  }
}

export class BulkMatchesNothingError extends GantryError {
  readonly code = "bulk_matches_nothing";
  constructor(action: string) {
    super(`No run that ${action} could apply to fits the filter. Nothing was done.`, { details: { action } });
  }
}

export class BulkTooManyError extends GantryError {
  readonly code = "bulk_too_many";
  constructor(limit: number) {
    super(`More than ${limit} runs fit the filter, which is the most for one bulk action. Narrow it.`, {
      details: { limit },
    });
  }
}

export class BulkCountDiffersError extends GantryError {
  readonly code = "bulk_count_differs";
  constructor(count: number, given: number) {
    super(`The list holds ${count} runs, not ${given}. Nothing was done; look at the list again.`, {
      details: { count, given },
    });
  }
}

export class BulkActionExpiredError extends GantryError {
  readonly code = "bulk_action_expired";
  constructor(bulk: string) {
    super(`Bulk action ${bulk} was frozen more than an hour ago and can't be confirmed any more. Freeze a new list.`, {
      details: { bulk },
    });
  }
}

export class BulkNotYoursError extends GantryError {
  readonly code = "bulk_not_yours";
  constructor(owner: string) {
    super(`${owner} froze this list and looked at it; only they can confirm it. Freeze one of your own.`);
  }
}

export class RequesterCannotApproveError extends GantryError {
  readonly code = "requester_cannot_approve";
  constructor() {
    super(
      "Whoever asked for a change or planned it can't approve it. Ask somebody else of the groups that policy names.",
    );
  }
}

export class AlreadyApprovedError extends GantryError {
  readonly code = "already_approved";
  constructor(missing: string) {
    super(
      `You approved this change set already; one person counts once.${missing === "" ? "" : ` Missing: ${missing}.`}`,
    );
  }
}

export class NotAnApproverError extends GantryError {
  readonly code = "not_an_approver";
  constructor(needed: readonly string[], has: readonly string[]) {
    super(
      `Deciding on this change set is for ${needed.join(", ")}; you are in ${has.join(", ") || "no group"}. Ask one of them.`,
      { details: { needed, has } },
    );
  }
}
