import { GantryError, type ErrorOptions, type Fault, type JsonObject } from "@gantry/sdk";

export class InvalidRequestError extends GantryError {
  readonly code = "invalid_request";
  readonly problems: readonly { path: string; message: string }[];
  constructor(problems: readonly { path: string; message: string }[]) {
    const list = problems
      .slice(0, 5)
      .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
      .join("; ");
    super(`The request doesn't fit the contract: ${list}. /docs describes it.`);
    this.problems = problems;
  }
}

export class RetentionTooShortError extends GantryError {
  readonly code = "retention_too_short";
  constructor(kind: string, minimumDays: number) {
    super(`${kind} can't be kept for fewer than ${minimumDays} days; set as many, or more.`, {
      details: { kind, minimumDays },
    });
  }
}

export class LogsPurgedError extends GantryError {
  readonly code = "logs_purged";
  constructor(run: string) {
    super(`The logs of run ${run} were removed, as the organization's retention of logs says. Its history is there.`, {
      details: { run },
    });
  }
}

/** Text that PostgreSQL can't hold, in a field that is stored as text. */
export class InvalidTextError extends GantryError {
  readonly code = "invalid_text";
  constructor(path: string, options: ErrorOptions = {}) {
    super(
      `${path === "" ? "A text" : path} holds NUL or half of a surrogate pair, which a name can't; take it out. ` +
        "Parameters and payloads may hold them.",
      { ...options, details: { path } },
    );
  }
}

export class BodyTooLargeError extends GantryError {
  readonly code = "body_too_large";
  constructor(limit: number) {
    super(`The body is larger than ${limit} bytes. Put large content into an artifact and refer to it.`, {
      details: { limit },
    });
  }
}

export class BodyTooDeepError extends GantryError {
  readonly code = "body_too_deep";
  constructor(limit: number) {
    super(`The body is nested deeper than ${limit} levels; flatten it.`, { details: { limit } });
  }
}

export class BodyTooComplexError extends GantryError {
  readonly code = "body_too_complex";
  constructor(limit: number) {
    super(`The body holds more than ${limit} values; send less at a time.`, { details: { limit } });
  }
}

/** Of a request that wasn't read to its end: these come from the parser of HTTP. */
export class HeadersTooLargeError extends GantryError {
  readonly code = "headers_too_large";
  constructor() {
    super("The address and the headers of the request are too large together; send fewer or shorter ones.");
  }
}

export class RequestTimeoutError extends GantryError {
  readonly code = "request_timeout";
  override readonly retryable = true;
  constructor() {
    super(
      "The request didn't come in whole in time, so its connection is closed. Send it faster, or in smaller parts.",
    );
  }
}

export class RequestMalformedError extends GantryError {
  readonly code = "request_malformed";
  constructor(cause: unknown) {
    super("What was sent isn't a request of HTTP/1.1. Check the client, http or https, and what stands in between.", {
      cause,
    });
  }
}

export class BodyInvalidError extends GantryError {
  readonly code = "body_invalid";
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`The body isn't JSON: ${why}`, { cause });
  }
}

export class UnsupportedMediaTypeError extends GantryError {
  readonly code = "unsupported_media_type";
  constructor(given: string) {
    super(`Bodies of type ${JSON.stringify(given)} aren't read here; send application/json.`);
  }
}

export class CsrfRefusedError extends GantryError {
  readonly code = "csrf_refused";
  constructor(origin: string | null, main: string) {
    super(
      `This request would act with a browser's session, and it didn't come from a page of this server${origin === null ? "" : ` but from ${origin}`}. ` +
        `Open ${main}, or send a key instead of a cookie; behind a proxy GANTRY_URL must be the address that people see.`,
    );
  }
}

export class TokenOfTokenError extends GantryError {
  readonly code = "token_of_token";
  constructor() {
    super("A short-lived token can't make another; ask with the key or the session that it was made from.");
  }
}

export class NotFoundError extends GantryError {
  readonly code = "not_found";
  /** The same text for what doesn't exist and what belongs to another organization. */
  constructor(what = "Nothing") {
    super(`${what} was found at this address. Check the id and that the key belongs to the right organization.`);
  }
}

/** Roles or policies don't let the caller do it; says which, so that somebody can tell what would. */
export class ForbiddenError extends GantryError {
  readonly code = "forbidden";
  constructor(action: string, { policies, reasons }: { policies: readonly string[]; reasons: readonly string[] }) {
    const because = policies.length === 0 ? "" : ` (${policies.join(", ")})`;
    super(`This is not allowed${because}: ${reasons.join(" ")}`, {
      details: { action, policies: [...policies], reasons: [...reasons] },
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

export class UnauthorizedError extends GantryError {
  readonly code = "unauthorized";
  constructor() {
    super(
      "This needs a valid API key: `Authorization: Bearer gantry_…`. " +
        "The key is missing, wrong, expired or revoked; `gantry key create` makes one, and so does Settings in the dashboard.",
    );
  }
}

export class ScopeMissingError extends GantryError {
  readonly code = "scope_missing";
  constructor(needed: string, has: readonly string[]) {
    super(`This needs a key with the scope "${needed}"; this one has ${has.join(", ") || "none"}.`, {
      details: { needed, has },
    });
  }
}

export class OriginRefusedError extends GantryError {
  readonly code = "origin_refused";
  constructor(origin: string) {
    super(
      `Requests of pages from ${JSON.stringify(origin)} are refused, because a browser could have been made to send them. ` +
        "Use a client that isn't a page, or have the server's operator add the page to GANTRY_CORS_ORIGINS.",
      { details: { origin } },
    );
  }
}

export class HostRefusedError extends GantryError {
  readonly code = "host_refused";
  constructor(host: string) {
    super(
      `Requests addressed to ${JSON.stringify(host)} are refused, because a web page could have sent your browser here. ` +
        "Use the server's own address, or have its operator set GANTRY_URL to that name.",
      { details: { host } },
    );
  }
}

export class RateLimitedError extends GantryError {
  readonly code = "rate_limited";
  override readonly retryable = true;
  constructor(limit: number, seconds: number, whereTo = "with this key") {
    super(`More than ${limit} requests a minute came ${whereTo}; try again in ${seconds} s.`, {
      details: { limit, retryAfter: seconds },
    });
  }
}

/** The same for a wrong signature, an old one, none, and a trigger that isn't there. */
export class HookRefusedError extends GantryError {
  readonly code = "hook_refused";
  constructor() {
    super(
      "No trigger takes this: there is none at this address, or the delivery isn't signed with its secret. " +
        "The trigger's history counts what it refused: `gantry trigger history`, or its page in the dashboard.",
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

export class CursorInvalidError extends GantryError {
  readonly code = "cursor_invalid";
  constructor() {
    super("The cursor isn't one that this list gave with this filter. Start without one.");
  }
}

export class IdempotencyKeyInvalidError extends GantryError {
  readonly code = "idempotency_key_invalid";
  constructor() {
    super("Idempotency-Key must be 1 to 200 visible ASCII characters; a UUID is best.");
  }
}

export class IdempotencyKeyReusedError extends GantryError {
  readonly code = "idempotency_key_reused";
  constructor() {
    super("This Idempotency-Key was used for another request. Take a new one for each thing that you want done.");
  }
}

export class IdempotencyInProgressError extends GantryError {
  readonly code = "idempotency_in_progress";
  override readonly retryable = true;
  constructor() {
    super("The same request with this Idempotency-Key is still being worked on; ask again in a moment.");
  }
}

export class NameTakenError extends GantryError {
  readonly code = "name_taken";
  constructor(what: string, name: string) {
    super(`There is ${what} named ${JSON.stringify(name)} already; choose another name.`, { details: { name } });
  }
}

export class EnvironmentUnknownError extends GantryError {
  readonly code = "environment_unknown";
  constructor(project: string, environment: string) {
    super(
      `Project ${JSON.stringify(project)} has no environment ${JSON.stringify(environment)}. ` +
        "GET /api/v1/environments lists them; POST there creates one.",
      { details: { project, environment } },
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

export class ProjectUnknownError extends GantryError {
  readonly code = "project_unknown";
  constructor(project: string) {
    super(`There is no project ${JSON.stringify(project)} in this organization.`, { details: { project } });
  }
}

export class ActorUnknownError extends GantryError {
  readonly code = "actor_unknown";
  constructor(actor: string) {
    super(`There is no actor ${actor} in this organization, or it is disabled.`, { details: { actor } });
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

export class SecondFactorRefusedError extends GantryError {
  readonly code = "second_factor_refused";
  constructor() {
    super(
      "The code or passkey wasn't accepted: it is wrong, was used before or is somebody else's, too many were wrong, or whoever this key belongs to has no authenticator app here.",
    );
  }
}

/** What a session may do for some minutes must not outlast them. */
export class HostKeyNeededError extends GantryError {
  readonly code = "host_key_needed";
  constructor() {
    super(
      "A session that acts for the installation for some minutes can't pass that on, by a key or to somebody. Use a key of the installation's host.",
    );
  }
}

/** Nobody's session acts for the installation but its administrators'. */
export class InstallationAdministratorNeededError extends GantryError {
  readonly code = "installation_administrator_needed";
  constructor() {
    super(
      "Only people who administer the installation, and own the organization they work in, can act for it. Whoever has the host's key can make somebody one: gantry person administer <e-mail>.",
    );
  }
}

export class PasskeyMissingError extends GantryError {
  readonly code = "passkey_missing";
  constructor(account: string) {
    super(
      `Whoever this key belongs to has no passkey here. Add one on ${account}, or use a code of an authenticator app.`,
    );
  }
}

/** Somebody who has a second factor, or a place that wants one, and none was given. */
export class MfaRequiredError extends GantryError {
  readonly code = "mfa_required";
  constructor() {
    super("Breaking the glass here needs a second factor, just given: send a code (totp), or sign in again with it.");
  }
}

export class BreakGlassRefusedError extends GantryError {
  readonly code = "break_glass_refused";
  constructor(why: string) {
    super(`That can't be done with break-glass: ${why}.`, { details: { why } });
  }
}

export class ProofRefusedError extends GantryError {
  readonly code = "proof_refused";
  constructor() {
    super(
      "This proof doesn't fit: it is of another change set, decision, person or session, was used, was never answered, or is too old. Ask for a new one.",
    );
  }
}

export class StateLockedError extends GantryError {
  readonly code = "state_locked";
  override readonly retryable = true;
  constructor(holder: { ID: string; Who: string; Operation: string; Created: string }) {
    super(
      `The state is locked by ${holder.Who || "somebody"} (${holder.Operation || "unknown operation"}, lock ${holder.ID}, ` +
        `since ${holder.Created || "an unknown time"}). Wait for it, or unlock it with a reason when its holder is gone.`,
      { details: { lock: holder } },
    );
  }
}

export class StateFencedError extends GantryError {
  readonly code = "state_fenced";
  override readonly fault = "operational";
  constructor(run: string) {
    super(
      `Run ${run} has changed hands since this attempt began, so the attempt gets no lock. Nothing was changed; the run's new worker goes on.`,
      { details: { run } },
    );
  }
}

export class StateVersionUnknownError extends GantryError {
  readonly code = "state_version_unknown";
  constructor(version: number) {
    super(`The state has no version ${version} with content. Its versions are listed under …/versions.`, {
      details: { version },
    });
  }
}

/** Two calls wanted the same name, or each other's rows, at one moment; the database let one of them through. */
export class ChangedAtOnceError extends GantryError {
  readonly code = "changed_at_once";
  override readonly fault: Fault = "operational";
  override readonly retryable = true;
  constructor(cause: unknown) {
    super("Somebody else changed the same thing at the same moment. Nothing of this call was done; send it again.", {
      cause,
    });
  }
}

/** The database doesn't answer, or refuses connections. */
export class DatabaseUnavailableError extends GantryError {
  readonly code = "database_unavailable";
  override readonly fault: Fault = "operational";
  override readonly retryable = true;
  constructor(cause: unknown) {
    super("The database can't be reached at the moment. Nothing was changed; try again shortly.", { cause });
  }
}
