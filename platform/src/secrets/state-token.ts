// Short-lived passwords for Terraform's HTTP backend. The runner issues them, the API checks them; nothing is stored.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Keyring } from "./keyring.ts";

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

const prefix = "gantry-state";

/** A password for HTTP basic authentication, which can't be made without the key file. */
export function issueStateToken(keyring: Keyring, grant: StateGrant): string {
  const text = Buffer.from(JSON.stringify(grant)).toString("base64url");
  return `${prefix}.${text}.${mac(keyring, text).toString("base64url")}`;
}

/** What the token opens; null for one that is expired, altered, or none. */
export function verifyStateToken(keyring: Keyring, token: string, now: number): StateGrant | null {
  const [kind, text = "", signature = "", ...rest] = token.split(".");
  if (kind !== prefix || rest.length > 0) return null;
  const given = Buffer.from(signature, "base64url");
  const expected = mac(keyring, text);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const grant = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as StateGrant;
  return grant.expiresAt > now ? grant : null;
}

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

function mac(keyring: Keyring, text: string): Buffer {
  return createHmac("sha256", keyring.deriveKey("terraform state token")).update(text).digest();
}
