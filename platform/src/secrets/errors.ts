import { GantryError, type ErrorOptions, type Fault } from "@gantry/sdk";

/** The key file can be read by others than its owner. */
export class KeyFileInsecureError extends GantryError {
  readonly code = "key_file_insecure";
  override readonly fault: Fault = "operational";
  constructor(path: string, mode: number) {
    super(
      `The key file ${path} can be read by other users (mode ${(mode & 0o777).toString(8)}): every secret depends on it. ` +
        `Run: chmod 600 ${path}`,
      { details: { path } },
    );
  }
}

/** The key file isn't one that Gantry wrote, or was damaged. */
export class KeyFileInvalidError extends GantryError {
  readonly code = "key_file_invalid";
  override readonly fault: Fault = "operational";
  constructor(path: string, reason: string, options: ErrorOptions = {}) {
    super(
      `The key file ${path} can't be used: ${reason}. Restore it from your backup; ` +
        "without it what was encrypted stays unreadable, so Gantry doesn't write a new one over it.",
      { ...options, details: { path } },
    );
  }
}

/** A new key in this host's key file would lock out workers on other hosts. */
export class KeyFileElsewhereError extends GantryError {
  readonly code = "key_file_elsewhere";
  constructor(path: string, hosts: number) {
    super(
      `Workers on ${hosts} other host${hosts === 1 ? "" : "s"} have key files of their own, so a new key isn't put into ${path} alone. ` +
        "Add the key to the files of all hosts and restart them; keys of organizations are wrapped by it from then on.",
      { details: { hosts } },
    );
  }
}

/** Something was encrypted with a key that isn't in the key file. */
export class KeyUnknownError extends GantryError {
  readonly code = "key_unknown";
  override readonly fault: Fault = "operational";
  constructor(keyId: string) {
    super(
      `This was encrypted with key ${keyId}, which the key file doesn't hold. ` +
        "Put that key's line back into the key file (GANTRY_KEY_FILE) from your backup.",
      { details: { keyId } },
    );
  }
}

/** The organization's key is gone: it was deleted with the organization, or is retired. */
export class OrganizationKeyGoneError extends GantryError {
  readonly code = "organization_key_gone";
  override readonly fault: Fault = "operational";
  constructor(version: number) {
    super(
      `This was encrypted with key ${version} of its organization, which is gone: it was deleted, or retired after everything ` +
        "was re-encrypted. If it should be there, restore the table org_keys from a backup of the same time.",
      { details: { version } },
    );
  }
}

/** A key of an organization is wrapped by Vault, and this process knows no Vault. */
export class VaultNotConfiguredError extends GantryError {
  readonly code = "vault_not_configured";
  override readonly fault: Fault = "operational";
  constructor() {
    super(
      "Keys of organizations are encrypted by Vault, but this process isn't told which: set GANTRY_VAULT_ADDRESS and " +
        "GANTRY_VAULT_TRANSIT_KEY here as on the other hosts.",
    );
  }
}

/** Ciphertext that was altered, cut short, reordered, or moved here from another organization or record. */
export class CiphertextRejectedError extends GantryError {
  readonly code = "ciphertext_rejected";
  override readonly fault: Fault = "operational";
  constructor(purpose: string, options: ErrorOptions = {}) {
    super(
      `Encrypted data (${purpose}) was refused: it was altered, cut short, or belongs to another record. ` +
        "Nothing of it was used; restore it from a backup and look at who can write to the database and data directory.",
      { ...options, details: { purpose } },
    );
  }
}

/** No secret of that name at the environment, its project or the organization. */
export class SecretNotFoundError extends GantryError {
  readonly code = "secret_not_found";
  constructor(name: string) {
    super(
      `There is no secret "${name}" in the environment, its project or the organization. Add it there, or correct the name.`,
      { details: { name } },
    );
  }
}

/** A name, scope or value that can't be a secret's. The message never holds the value. */
export class SecretInvalidError extends GantryError {
  readonly code = "secret_invalid";
  constructor(reason: string) {
    super(`The secret can't be stored: ${reason}.`);
  }
}

/** `{ "$secret": … }` in a step's input that isn't exactly a reference. */
export class SecretReferenceInvalidError extends GantryError {
  readonly code = "secret_reference_invalid";
  constructor(path: string, reason: string) {
    super(`The secret reference at ${path} is wrong: ${reason}. Write { "$secret": "name" } and nothing beside it.`, {
      details: { path },
    });
  }
}
