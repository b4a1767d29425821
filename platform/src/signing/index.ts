/**
 * The installation's own signatures (Ed25519): of the audit trail's seals, of records of decisions, of short-lived tokens. Imported by
 * whoever signs or checks, and by the composition root; imports the store and the envelope of the platform key only.
 */
export { createSigner, type Signer } from "./signer.ts";
