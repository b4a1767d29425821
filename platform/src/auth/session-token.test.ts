import { expect, test } from "vitest";
import { readSessionBearer, readSessionCookie, sessionBearer, signSessionToken } from "./session-token.ts";

const secret = "a secret of the installation";

test("a session's cookie is read among others, and only with its own signature", () => {
  const signed = encodeURIComponent(signSessionToken(secret, "token"));
  expect(readSessionCookie(secret, `theme=dark; gantry.session_token=${signed}; x=1`)).toBe("token");
  expect(readSessionCookie(secret, `__Secure-gantry.session_token=${signed}`)).toBe("token");
  expect(readSessionCookie("another secret", `gantry.session_token=${signed}`)).toBeNull();
  expect(readSessionCookie(secret, `gantry.session_token=${signed.replace("token", "other")}`)).toBeNull();
  expect(readSessionCookie(secret, "gantry.session_token=token")).toBeNull();
  expect(readSessionCookie(secret, "gantry.session_token=%")).toBeNull();
  expect(readSessionCookie(secret, undefined)).toBeNull();
});

test("the command line shows the same session as a bearer", () => {
  const bearer = sessionBearer(secret, "token");
  expect(readSessionBearer(secret, `Bearer ${bearer}`)).toBe("token");
  expect(readSessionBearer(secret, `Bearer ${bearer}x`)).toBeNull();
  expect(readSessionBearer(secret, `Bearer ${bearer.slice(15)}`)).toBeNull();
  expect(readSessionBearer("another secret", `Bearer ${bearer}`)).toBeNull();
});
