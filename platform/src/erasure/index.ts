/**
 * Erases organizations that their owners deleted: waits for their runs, then removes rows, content and keys; and people: replaces
 * their names and what they wrote. Each leaves a signed receipt. Imported by the composition root; imports blobs, signing, store and lib.
 */
import type { Log } from "../lib/log.ts";
import { repeat } from "../lib/repeat.ts";
import { openErasures } from "../store/organization/erasures.ts";
import { openPersonErasures } from "../store/access/person-erasures.ts";
import { eraseOrganization, type ErasureDeps } from "./erase-organization.ts";
import { erasePerson } from "./erase-person.ts";

export interface ErasureLoopDeps extends ErasureDeps {
  everyMs: number;
  log: Log;
}

/** Looks for organizations and people to erase until it is stopped. Every server may: the database lets one at a time. */
export function startErasures(deps: ErasureLoopDeps): { stop(): Promise<void> } {
  const look = async (signal: AbortSignal) => {
    await eraseOrganizations(deps, signal);
    await erasePeople(deps, signal);
  };
  return repeat(look, {
    ...deps,
    failure: "What is to be erased can't be looked up; trying again later",
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

/** One look at all of them. @returns how many were erased. */
export async function erasePeople(
  deps: Omit<ErasureDeps, "blobs"> & { log: Log },
  signal?: AbortSignal,
): Promise<number> {
  let erased = 0;
  for (const one of await openPersonErasures(deps.pool)) {
    if (signal?.aborted === true) break;
    try {
      if (await erasePerson(deps, one, signal)) erased += 1;
    } catch (err) {
      deps.log.warn({ err, erasure: one.id }, "A person can't be erased yet; trying again later");
    }
  }
  return erased;
}
