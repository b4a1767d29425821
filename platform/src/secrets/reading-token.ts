// Short-lived tokens with which a run that thinks reads the platform's records. The runner issues them, the API checks them.
import type { Keyring } from "./keyring.ts";
import { issueGrant, readGrant } from "./sealed-grant.ts";

/** What a token opens: what one actor may read, for a run of theirs, until a time. */
export interface ReadingGrant {
  org: string;
  run: string;
  /** Who asked for the run. */
  actor: string;
  /** Unix milliseconds. */
  expiresAt: number;
}

const kind = { prefix: "gantry-reading", purpose: "reading token" };

export const issueReadingToken = (keyring: Keyring, grant: ReadingGrant): string => issueGrant(kind, keyring, grant);

/** Null for one that is expired, altered, or none. */
export const verifyReadingToken = (keyring: Keyring, token: string, now: number): ReadingGrant | null =>
  readGrant(kind, keyring, { token, now });
