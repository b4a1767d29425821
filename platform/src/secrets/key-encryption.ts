import type { EncryptionStatus } from "@gantry/sdk/api";
import { fileKey, fileKeyOf, unwrapDataKey, wrapDataKey, type Binding } from "./envelope.ts";
import { VaultNotConfiguredError } from "./errors.ts";
import type { Keyring } from "./keyring.ts";

/** A key of an organization, as it is stored. */
export interface WrappedKey {
  /** Which key-encryption key wrapped it: `file:<id>`, or `vault:<mount>/<key>:<version>`. */
  kek: string;
  wrapped: Buffer;
}

/** Which key of which organization it is: it opens as no other. */
export interface KeyPlace {
  org: string;
  version: number;
}

/** What encrypts the keys of organizations, which encrypt everything else. */
export interface KeyEncryption {
  wrap(place: KeyPlace, key: Buffer): Promise<WrappedKey>;
  /** @throws KeyUnknownError, CiphertextRejectedError, and the errors of Vault. */
  unwrap(place: KeyPlace, stored: WrappedKey): Promise<Buffer>;
  /** The same key under the newest key-encryption key; null when it is under that already. */
  rewrap(place: KeyPlace, stored: WrappedKey): Promise<WrappedKey | null>;
  /** What keys are wrapped by now, as a pattern of SQL's LIKE. */
  current(): string;
  /** Makes a new key-encryption key, which is the newest from then on. */
  rotate(): Promise<void>;
  /** For how long an unwrapped key may be used without asking again; undefined: for as long as the process lives. */
  trust: { askAgainMs: number; withoutAnswerMs: number } | undefined;
  /** Where the key is, and whether it can be used now. Never throws. */
  check(): Promise<EncryptionStatus["keyEncryption"]>;
  close(): Promise<void>;
}

/** Vault's Transit, and how it says what it wrapped. */
export type VaultKeyEncryption = Omit<KeyEncryption, "trust"> & { trust: NonNullable<KeyEncryption["trust"]> };

/**
 * Keys under those of the key file, or under Vault's where one is configured. What was wrapped before the change opens with
 * either, and is wrapped anew by the next re-encryption.
 */
export function createKeyEncryption({
  keyring,
  vault,
  useVault = vault !== undefined,
  rotateFile,
}: {
  keyring: Keyring;
  vault?: VaultKeyEncryption | undefined;
  /** Whether new keys are wrapped by it; if not, it only opens what it wrapped. */
  useVault?: boolean;
  /** Adds a key to the file and reads it. */
  rotateFile?: () => Promise<void>;
}): KeyEncryption {
  const file: Omit<KeyEncryption, "trust"> = {
    async wrap(place, key) {
      const by = fileKey(keyring);
      return { kek: `file:${by.id}`, wrapped: wrapDataKey(by, bindingOf(place), key) };
    },
    async unwrap(place, { wrapped }) {
      const binding = bindingOf(place);
      return unwrapDataKey(fileKeyOf(keyring, binding, wrapped), binding, wrapped);
    },
    async rewrap(place, stored) {
      if (stored.kek === `file:${keyring.current.id}`) return null;
      const key = await opened(place, stored);
      const wrapped = await file.wrap(place, key);
      key.fill(0);
      return wrapped;
    },
    current: () => `file:${keyring.current.id}`,
    rotate: async () => rotateFile?.(),
    check: async () => ({ source: "file", name: `file:${keyring.current.id}`, ok: true, problem: null }),
    close: async () => undefined,
  };
  const ofVault = (): VaultKeyEncryption => {
    if (vault === undefined) throw new VaultNotConfiguredError();
    return vault;
  };
  const opened = (place: KeyPlace, stored: WrappedKey) =>
    (stored.kek.startsWith("vault:") ? ofVault() : file).unwrap(place, stored);
  if (vault === undefined || !useVault) return { ...file, unwrap: opened, trust: undefined };
  return {
    ...vault,
    unwrap: opened,
    async rewrap(place, stored) {
      if (stored.kek.startsWith("vault:")) return vault.rewrap(place, stored);
      const key = await file.unwrap(place, stored);
      const wrapped = await vault.wrap(place, key);
      key.fill(0);
      return wrapped;
    },
  };
}

function bindingOf({ org, version }: KeyPlace): Binding {
  return { org, purpose: "organization-key", record: String(version) };
}
