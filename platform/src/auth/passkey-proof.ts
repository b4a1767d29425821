import { createHash } from "node:crypto";
import type { PasskeyAnswer } from "@gantry/sdk/api";
import type { Queryable } from "../store/organization.ts";
import { countPasskeyUse, readPasskeys } from "./store.ts";

/** What a passkey's answer is good for; for anything else the challenge is another one. */
export interface PasskeyBinding {
  proof: string;
  run: string;
  hash: string;
  decision: "approve" | "reject";
  actor: string;
  nonce: Uint8Array;
}

export function challengeOf({ proof, run, hash, decision, actor, nonce }: PasskeyBinding): string {
  return challengeFrom(["gantry decision", proof, run, hash, decision, actor], nonce);
}

/** For a session that wants to act for the installation. */
export function elevationChallenge({ id, person, nonce }: { id: string; person: string; nonce: Uint8Array }): string {
  return challengeFrom(["gantry elevation", id, person], nonce);
}

/** Base64url, as browsers write it into what the passkey signs. */
function challengeFrom(bound: readonly string[], nonce: Uint8Array): string {
  return createHash("sha256").update(JSON.stringify(bound)).update(nonce).digest("base64url");
}

/**
 * Whether one of the person's passkeys answered this very challenge on a page of ours, after it asked who is there.
 */
export async function verifyPasskey(
  { pool }: { /** Of role gantry_auth. */ pool: Queryable },
  person: string,
  { origin, challenge, answer }: { origin: string; challenge: string; answer: PasskeyAnswer },
): Promise<boolean> {
  const passkey = (await readPasskeys(pool, person)).find(({ credential }) => credential === answer.id);
  if (passkey === undefined) return false;
  // Loaded with the first who proves anything.
  const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
  const { userHandle, ...response } = answer.response;
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: { ...answer, response: { ...response, ...(userHandle === undefined ? {} : { userHandle }) } },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: new URL(origin).hostname,
    credential: {
      id: passkey.credential,
      publicKey: new Uint8Array(Buffer.from(passkey.publicKey, "base64")),
      counter: passkey.counter,
    },
    requireUserVerification: true,
    // It throws for whatever doesn't fit; nobody learns more than that it doesn't.
  }).catch(() => ({ verified: false, authenticationInfo: null }));
  if (!verified || authenticationInfo === null) return false;
  return countPasskeyUse(pool, passkey, authenticationInfo.newCounter);
}
