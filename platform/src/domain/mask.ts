import type { Json, JsonObject } from "@gantry/sdk";

const MASKED = "[redacted]";

/**
 * Hides what looks like a secret: values under telling names, and texts of known forms. What a tool gave is redacted before
 * it is stored; parameters are what a requester typed, and some type a password where a SecretRef belongs.
 */
export function mask(value: Json, name = ""): Json {
  if (value === null || typeof value === "boolean" || typeof value === "number")
    return isTelling(name) && value !== null ? MASKED : value;
  if (isSecretRef(value)) return value;
  if (isTelling(name)) return MASKED;
  if (typeof value === "string") return maskText(value);
  if (Array.isArray(value)) return value.map((part) => mask(part as Json));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mask(part, key)]));
}

/** A text with what has the form of a secret hidden. */
export function maskText(text: string): string {
  return forms.reduce((masked, form) => masked.replace(form, MASKED), text);
}

function isTelling(name: string): boolean {
  return /pass(word|wd|phrase)?$|secret|token|credential|api_?key|private_?key|access_?key/i.test(name);
}

/** A name, no value. */
function isSecretRef(value: Json): boolean {
  return typeof (value as JsonObject)["$secret"] === "string";
}

const forms = [
  /(?<=:\/\/[^/\s:@]{0,100}:)[^/\s@]+(?=@)/g,
  /\bgantry_[A-Za-z0-9_-]{16,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g,
  /\bxox[abposr]-[A-Za-z0-9-]{10,}/g,
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];
