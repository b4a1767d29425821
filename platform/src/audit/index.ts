/**
 * The audit trail once it is written: sealed, verified, exported. Records are written by whoever acts, through the store. Imported by
 * the API and the composition root; imports the store and signing.
 */
export { lineFormat } from "./formats.ts";
export { enforceSeals, startSealer } from "./sealer.ts";
export { verifyTrail, type TrailVerdict } from "./verify.ts";
