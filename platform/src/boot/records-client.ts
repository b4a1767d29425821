import { createClient } from "@gantry/sdk/client";
import type { AttemptRequest } from "../engine/index.ts";
import type { RecordsClient } from "../mind/index.ts";
import { issueReadingToken, type Keyring } from "../secrets/index.ts";

/** A token is made for each request; it needn't outlast one. */
const validMs = 60_000;

/**
 * Reads records through the API in the name of who asked for the run: what they may not read there, no model reads for them either. Break-glass of theirs
 * isn't lent, and it can do nothing but read.
 */
export function createRecords({ keyring, now, url }: { keyring: Keyring; now(): number; url(): Promise<string> }) {
  return async ({ org, runId, requester }: AttemptRequest): Promise<RecordsClient> => {
    const send: typeof fetch = (address, init) => {
      const key = issueReadingToken(keyring, { org, run: runId, actor: requester.id, expiresAt: now() + validMs });
      const headers = new Headers(init?.headers);
      headers.set("authorization", `Bearer ${key}`);
      return fetch(address, { ...init, headers });
    };
    return createClient({ url: await url(), fetch: send, tries: 2, userAgent: "gantry-mind" });
  };
}
