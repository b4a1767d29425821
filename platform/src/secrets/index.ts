// Keys, envelope encryption and secrets. Imported by blobs, engine, api and the composition root; imports store and outgoing.
export { newDataKey, openRecord, openStream, sealRecord, sealStream } from "./envelope.ts";
export { mcpSignInBinding, modelContentBinding, stateBinding } from "./bindings.ts";
export { createEncryption, type Encryption } from "./encryption.ts";
export * from "./errors.ts";
export { createKeyEncryption, type KeyEncryption } from "./key-encryption.ts";
export { loadOrCreateKeyring, rotateKeyring, type Keyring } from "./keyring.ts";
export { createOrganizationKeys, type OrganizationKeys } from "./organization-keys.ts";
export { reencrypt, startReencryption } from "./re-encrypt.ts";
export { createRunSecrets } from "./run-secrets.ts";
export { findSecretRefs, resolveSecretRefs } from "./references.ts";
export {
  deleteSecret,
  findSecret,
  listSecrets,
  listSecretVersions,
  openSecretVersion,
  putSecret,
  resolveSecret,
  resolveSecretVersions,
  restoreSecretVersion,
  secretValues,
  type SecretMetadata,
} from "./store.ts";
export { isVaultReference } from "./vault/reference.ts";
export { VaultRefusedError, VaultSealedError, VaultUnavailableError } from "./vault/errors.ts";
export { issueStateToken, stateBackendEnvironment, verifyStateToken, type StateGrant } from "./state-token.ts";
export { issueReadingToken, verifyReadingToken } from "./reading-token.ts";
