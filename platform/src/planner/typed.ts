import { isIP } from "node:net";
import type { Token } from "./types.ts";

/** Values that are recognised by their form alone. No pattern here can take long: each reads a token once, from the left. */

export function isEmail({ text }: Token): boolean {
  return text.length <= 254 && /^[\w.+-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}$/i.test(text);
}

export function isUrl({ text }: Token): boolean {
  return /^(https?|ssh|file):\/\//i.test(text) && URL.canParse(text);
}

export function isPath({ text }: Token): boolean {
  return /^\/[\w@%+=:,.-]+(\/[\w@%+=:,.-]+)*\/?$/.test(text) && text.length <= 500;
}

export function isAddressOrNetwork({ text }: Token): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

export function isHostname({ text }: Token): boolean {
  if (text.length > 253 || !/^[a-z0-9_][a-z0-9_.-]*\.[a-z]{2,}$/i.test(text)) return false;
  return text.split(".").every((label) => label.length <= 63 && /^[a-z0-9_]/i.test(label) && !label.endsWith("-"));
}

export function isVersion({ text }: Token): boolean {
  return /^v?\d+\.\d+(\.\d+)?([-+][\w.+-]+)?$/.test(text);
}

/** At least seven hexadecimal digits, one of them a digit: `deadbeef` is a word. */
export function isCommit({ text }: Token): boolean {
  return /^[0-9a-f]{7,64}$/.test(text) && /\d/.test(text);
}

/** A word with a digit, a hyphen or the like in it is a name and not English. */
export function looksLikeName({ text }: Token): boolean {
  return /^[A-Za-z][\w.-]*$/.test(text) && (/[\d_-]/.test(text) || /[a-z][A-Z]/.test(text) || /\w\.\w/.test(text));
}
