// Short-lived passwords for Terraform's HTTP backend. The runner issues them, the API checks them; nothing is stored.
import type { Keyring } from "./keyring.ts";
import { issueGrant, readGrant } from "./sealed-grant.ts";

/** What a token opens: one state, for one attempt of a run, until a time. */
export interface StateGrant {
  org: string;
  run: string;
  attempt: string;
  /** The run's fence when the attempt began: an older one than the run's gets no lock any more. */
  fence: number;
  /** Id or name. */
  project: string;
  environment: string;
  name: string;
  /** Who asked for the run; named in versions and locks. */
  actor: string;
  /** Unix milliseconds. Give it well past the attempt's deadline: a late write must not be lost. */
  expiresAt: number;
}

const kind = { prefix: "gantry-state", purpose: "terraform state token" };

/** A password for HTTP basic authentication, which can't be made without the key file. */
export const issueStateToken = (keyring: Keyring, grant: StateGrant): string => issueGrant(kind, keyring, grant);

/** What the token opens; null for one that is expired, altered, or none. */
export const verifyStateToken = (keyring: Keyring, token: string, now: number): StateGrant | null =>
  readGrant(kind, keyring, { token, now });

/** Environment variables that point `terraform` and `tofu` with `backend "http" {}` at the state. */
export function stateBackendEnvironment(keyring: Keyring, server: string, grant: StateGrant): Record<string, string> {
  const path = [grant.project, grant.environment, grant.name].map(encodeURIComponent).join("/");
  const address = new URL(`/api/v1/state/${path}`, server).href;
  return {
    TF_HTTP_ADDRESS: address,
    TF_HTTP_LOCK_ADDRESS: address,
    TF_HTTP_UNLOCK_ADDRESS: address,
    TF_HTTP_LOCK_METHOD: "LOCK",
    TF_HTTP_UNLOCK_METHOD: "UNLOCK",
    TF_HTTP_USERNAME: "gantry",
    TF_HTTP_PASSWORD: issueStateToken(keyring, grant),
  };
}
