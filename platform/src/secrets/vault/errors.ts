import { GantryError, type ErrorOptions, type Fault } from "@gantry/sdk";

/** Vault doesn't answer, or only that it can't for now. */
export class VaultUnavailableError extends GantryError {
  readonly code = "vault_unavailable";
  override readonly fault: Fault = "operational";
  override readonly retryable = true;
  constructor(why: string, options: ErrorOptions = {}) {
    super(
      `Vault can't be used now: ${why}. It is tried again; keys that were unwrapped before go on working for a while.`,
      options,
    );
  }
}

/** Vault is there and sealed: somebody has to unseal it. */
export class VaultSealedError extends GantryError {
  readonly code = "vault_sealed";
  override readonly fault: Fault = "operational";
  override readonly retryable = true;
  constructor() {
    super(
      "Vault is sealed. Unseal it (vault operator unseal); keys that were unwrapped before go on working for a while.",
    );
  }
}

/** Vault said no: the token lacks a policy, a login is wrong, or the request makes no sense to it. */
export class VaultRefusedError extends GantryError {
  readonly code = "vault_refused";
  override readonly fault: Fault = "operational";
  readonly status: number;
  constructor(status: number, path: string, said: string) {
    super(
      `Vault refused ${path} (status ${status})${said === "" ? "" : `: ${said}`}. Look at the policies of the token or role that is used.`,
      { details: { status, path } },
    );
    this.status = status;
  }
}

/** Nothing is there in Vault, or not that field. */
export class VaultSecretNotFoundError extends GantryError {
  readonly code = "vault_secret_not_found";
  constructor(reference: string, what: string) {
    super(`Vault has no ${what} for the secret "${reference}". Correct the reference, or store it there.`, {
      details: { reference },
    });
  }
}

/** A reference to a secret in Vault that can't be one, or a connection that doesn't lead to it. */
export class VaultReferenceInvalidError extends GantryError {
  readonly code = "vault_reference_invalid";
  constructor(reference: string, why: string) {
    super(
      `The secret "${reference}" can't be read from Vault: ${why}. Write "<connection>:<mount>/<path>#<field>", where the ` +
        "connection is of kind vault.",
      { details: { reference } },
    );
  }
}
