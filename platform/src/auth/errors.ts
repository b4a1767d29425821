import { GantryError } from "@gantry/sdk";

export class PasswordWeakError extends GantryError {
  readonly code = "password_weak";
  constructor(why: string) {
    super(`This password is too easy to guess: ${why} Take a longer one, for example four unrelated words.`);
  }
}

export class PasswordBreachedError extends GantryError {
  readonly code = "password_breached";
  constructor(times: number) {
    super(
      `This password stands ${times} times in lists of stolen ones, which attackers try first. Take another, and change it ` +
        "wherever else you use it.",
    );
  }
}

export class InvitationInvalidError extends GantryError {
  readonly code = "invitation_invalid";
  constructor() {
    super(
      "This invitation can't be accepted: it was used, revoked or replaced, or its time is up. Ask for a new one; for the " +
        "first administrator `gantry up` prints one.",
    );
  }
}

export class PersonDisabledError extends GantryError {
  readonly code = "person_disabled";
  constructor() {
    super("An administrator has put you out of this installation. Ask them to let you in again.");
  }
}

/** The same for addresses that nobody has here. */
export class SignInLockedError extends GantryError {
  readonly code = "sign_in_locked";
  override readonly retryable = true;
  constructor(seconds: number) {
    super(
      `Too many wrong passwords for this address. Try again in ${seconds} seconds, with a passkey, or ask for a new password.`,
      { details: { retryAfter: seconds } },
    );
  }
}

/** A request to sign in, or about the ways to, that was refused. */
export class SignInFailedError extends GantryError {
  readonly code = "sign_in_failed";
  /** `message` says nothing about whether there is such a person; `reason` is for programs. */
  constructor(message: string, reason = "REFUSED") {
    super(message, { details: { reason } });
  }
}

/** Who asks may be of any organization, so what the server said is for the log only. */
export class MailNotSentError extends GantryError {
  readonly code = "mail_not_sent";
  override readonly fault = "operational";
  override readonly retryable = true;
  constructor() {
    super(
      "The mail server didn't take the message. Whoever runs this installation finds why in the log; try it again.",
    );
  }
}
