import { createHmac, timingSafeEqual } from "node:crypto";
import type { Json } from "@gantry/sdk";
import type { Keyring } from "../../secrets/index.ts";
import { CursorInvalidError } from "../errors.ts";

/**
 * A position in a list as opaque text. The signature covers what it belongs to (organization, list, filter), so that
 * nobody can make one up or carry it elsewhere.
 */
export function signCursor(keyring: Keyring, belongsTo: readonly Json[], position: Json): string {
  const text = Buffer.from(JSON.stringify(position)).toString("base64url");
  return `${text}.${mac(keyring, belongsTo, text).toString("base64url")}`;
}

/** @throws CursorInvalidError */
export function readCursor(keyring: Keyring, belongsTo: readonly Json[], cursor: string): Json {
  const [text = "", signature = ""] = cursor.split(".");
  const given = Buffer.from(signature, "base64url");
  const expected = mac(keyring, belongsTo, text);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new CursorInvalidError();
  return JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Json;
}

function mac(keyring: Keyring, belongsTo: readonly Json[], text: string): Buffer {
  return createHmac("sha256", keyring.deriveKey("api cursor"))
    .update(JSON.stringify([...belongsTo, text]))
    .digest()
    .subarray(0, 16);
}
