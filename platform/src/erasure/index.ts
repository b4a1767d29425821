/**
 * Erases organizations that their owners deleted: waits for their runs, then removes rows, content and keys, and leaves a signed
 * receipt. Imported by the composition root; imports blobs, signing, store and lib.
 */
import type { Log } from "../lib/log.ts";
import { repeat } from "../lib/repeat.ts";
import { openErasures } from "../store/erasures.ts";
import { eraseOrganization, type ErasureDeps } from "./erase-organization.ts";

export interface ErasureLoopDeps extends ErasureDeps {
  everyMs: number;
  log: Log;
}

/** Looks for organizations to erase until it is stopped. Every server may: the database lets one at a time. */
export function startErasures(deps: ErasureLoopDeps): { stop(): Promise<void> } {
  return repeat((signal) => eraseOrganizations(deps, signal), {
    ...deps,
    failure: "Deleted organizations can't be looked up; trying again later",
  });
}

/** One look at all of them. @returns how many were erased. */
export async function eraseOrganizations(deps: ErasureDeps & { log: Log }, signal?: AbortSignal): Promise<number> {
  let erased = 0;
  for (const one of await openErasures(deps.pool)) {
    if (signal?.aborted === true) break;
    try {
      if (await eraseOrganization(deps, one, signal)) erased += 1;
    } catch (err) {
      deps.log.warn({ err, org: one.org }, "An organization can't be erased yet; trying again later");
    }
  }
  return erased;
}
