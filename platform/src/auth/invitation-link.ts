import { createHmac, timingSafeEqual } from "node:crypto";

/** The code of an invitation's link follows from the invitation under a key of the platform: it is stored nowhere. */
export function invitationCode(key: Uint8Array, { id, version }: { id: string; version: number }): string {
  return `${id}.${macOf(key, id, version)}`;
}

/** The invitation that a code is of; its version is to be compared with `provesInvitation` once it was looked up. */
export function invitationOf(code: string): string | null {
  return /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[\w-]{43}$/.exec(code)?.[1] ?? null;
}

export function provesInvitation(key: Uint8Array, code: string, invitation: { id: string; version: number }): boolean {
  const [given, expected] = [Buffer.from(code), Buffer.from(invitationCode(key, invitation))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function macOf(key: Uint8Array, id: string, version: number): string {
  return createHmac("sha256", key).update(`${id} ${version}`).digest("base64url");
}
