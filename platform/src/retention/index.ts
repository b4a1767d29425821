/**
 * What becomes of runs that ended long ago: archived with an entry in their organization's chain, purged, and the content that
 * only they referred to removed; of other kinds of data that got old; and of the months that the journal is kept in. Imported by api (to verify and to read archives)
 * and the composition root; imports store and blobs.
 */
export { startRetention } from "./loop.ts";
export { makeMonths } from "./months.ts";
export { verifyEntries } from "./verify.ts";
