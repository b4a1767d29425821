import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { configure } from "safe-stable-stringify";
import { z } from "zod";

/** Any value that survives JSON unchanged. Everything that crosses a process border in Gantry is of this type. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const Json: z.ZodType<Json> = z.json();
export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), Json);

/** Content address: `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;
export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .transform((text) => text as Digest);

/** Sorted keys, no white space: RFC 8785, but lone surrogates stay as escapes instead of being refused. */
const canonical = configure({ circularValue: Error, strict: true, deterministic: true });

/** A value's canonical form: what is hashed and signed. */
export function canonicalJson(value: unknown): string {
  const text = canonical(value);
  if (text === undefined) throw new TypeError("A value without a JSON form has no digest.");
  return text;
}

/** Digest of a value's canonical form, so that key order and white space never matter. */
export function digestOf(value: unknown): Digest {
  const text = canonicalJson(value);
  return nativeHash ? `sha256:${nativeHash("sha256", text, "hex")}` : digestOfBytes(utf8ToBytes(text));
}

/** Where Node is, its own hash: every step of a run has a digest, and the portable one was 7 % of the engine's time. */
const nativeHash = globalThis.process?.getBuiltinModule?.("node:crypto")?.hash;

export function digestOfBytes(bytes: Uint8Array): Digest {
  return `sha256:${bytesToHex(sha256(bytes))}`;
}
