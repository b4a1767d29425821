import { GantryError } from "@gantry/sdk";

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
