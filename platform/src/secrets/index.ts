// Keys, envelope encryption and secrets. Imported by blobs, engine, api and the composition root; imports store only.
export { openRecord, sealRecord } from "./envelope.ts";
export * from "./errors.ts";
export { loadOrCreateKeyring, type Keyring } from "./keyring.ts";
export { resolveSecretRefs } from "./references.ts";
export {
  deleteSecret,
  findSecret,
  listSecrets,
  openSecretVersion,
  putSecret,
  resolveSecret,
  resolveSecretVersions,
  secretValues,
  type SecretMetadata,
} from "./store.ts";
export { issueStateToken, stateBackendEnvironment, verifyStateToken, type StateGrant } from "./state-token.ts";
