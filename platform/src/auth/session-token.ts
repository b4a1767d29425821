import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * How a session is shown: its token and a signature under a key that the database doesn't hold, in a cookie of browsers or as
 * the bearer's of the command line. Checked here, on every request, without loading what signs people in.
 */
const bearerPrefix = "gantry_session_";
const cookieNames = ["__Secure-gantry.session_token", "gantry.session_token"] as const;

/** What better-auth puts into the cookie, before it is encoded. */
export function signSessionToken(secret: string, token: string): string {
  return `${token}.${createHmac("sha256", secret).update(token).digest("base64")}`;
}

/** For programs that keep no cookies. */
export function sessionBearer(secret: string, token: string): string {
  return bearerPrefix + signSessionToken(secret, token);
}

/** The token of an `Authorization: Bearer gantry_session_…`; null: it isn't one, or its signature is wrong. */
export function readSessionBearer(secret: string, authorization: string | undefined): string | null {
  const value = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  return value?.startsWith(bearerPrefix) === true ? readSigned(secret, value.slice(bearerPrefix.length)) : null;
}

/** The token of the session's cookie; null: there is none, or its signature is wrong. */
export function readSessionCookie(secret: string, cookies: string | undefined): string | null {
  const value = sessionCookie(cookies);
  return value === undefined ? null : readSigned(secret, decoded(value));
}

/** True: whoever asks was signed in once, and may still be. */
export function hasSessionCookie(cookies: string | undefined): boolean {
  return sessionCookie(cookies) !== undefined;
}

function sessionCookie(cookies: string | undefined): string | undefined {
  for (const part of (cookies ?? "").split(";")) {
    const [name = "", value = ""] = part.trim().split(/=(.*)/s);
    if ((cookieNames as readonly string[]).includes(name)) return value;
  }
  return undefined;
}

function readSigned(secret: string, value: string): string | null {
  const dot = value.indexOf(".");
  if (dot <= 0 || value.length > 300) return null;
  const token = value.slice(0, dot);
  const [given, expected] = [Buffer.from(value), Buffer.from(signSessionToken(secret, token))];
  return given.length === expected.length && timingSafeEqual(given, expected) ? token : null;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}
