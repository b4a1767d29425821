import type { ErrorData, Fault } from "@gantry/sdk";

const byCode: Readonly<Record<string, number>> = {
  invalid_request: 400,
  body_invalid: 400,
  body_too_deep: 400,
  body_too_complex: 400,
  request_malformed: 400,
  cursor_invalid: 400,
  log_cursor_invalid: 400,
  idempotency_key_invalid: 400,
  unauthorized: 401,
  hook_refused: 401,
  sign_in_failed: 401,
  csrf_refused: 403,
  token_of_token: 403,
  scope_missing: 403,
  forbidden: 403,
  requester_cannot_approve: 403,
  not_an_approver: 403,
  not_in_group: 403,
  role_beyond_own: 403,
  owners_only: 403,
  mfa_required: 403,
  session_needed: 403,
  proof_refused: 403,
  second_factor_refused: 403,
  passkey_missing: 409,
  policy_denied: 403,
  state_fenced: 403,
  not_found: 404,
  runbook_unknown: 404,
  secret_not_found: 404,
  blob_not_found: 404,
  state_version_unknown: 404,
  policy_version_unknown: 404,
  request_timeout: 408,
  already_approved: 409,
  break_glass_refused: 409,
  change_set_stale: 409,
  changed_at_once: 409,
  idempotency_in_progress: 409,
  goal_abandoned: 409,
  name_taken: 409,
  policy_changed: 409,
  invitation_invalid: 410,
  logs_purged: 410,
  last_owner: 409,
  last_organization: 409,
  place_in_use: 409,
  bulk_count_differs: 409,
  bulk_action_expired: 409,
  bulk_not_yours: 403,
  runbook_version_taken: 409,
  runbook_installed: 409,
  run_not_frozen: 409,
  run_is_dry: 409,
  run_not_dry: 409,
  run_not_ended: 409,
  run_has_no_runbook: 409,
  runbook_version_changed: 409,
  fork_step_undone: 409,
  fork_source_gone: 409,
  outcome_unknown: 409,
  run_archived: 410,
  body_too_large: 413,
  unsupported_media_type: 415,
  host_refused: 421,
  state_locked: 423,
  rate_limited: 429,
  headers_too_large: 431,
  queue_full: 429,
  quota_exceeded: 429,
};

/** The HTTP status of an error: by its code, else by whose fault it is. */
export function statusCodeOf(error: Pick<ErrorData, "code" | "retryable"> & { fault: Fault }): number {
  const known = byCode[error.code];
  if (known !== undefined) return known;
  if (error.fault === "user") return 422;
  return error.retryable ? 503 : 500;
}

/** Of a command that the run's owner refused: the run is in a state in which it makes no sense. */
export function refusalStatus(code: string): number {
  return byCode[code] ?? 409;
}
