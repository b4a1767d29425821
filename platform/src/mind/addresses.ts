import type { Json } from "@gantry/sdk";
import type { Seen } from "./types.ts";

const urls = /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>]+/gi;
/** The beginning of one, or what could become that with more text. */
const begun = /[a-z][a-z0-9+.-]{1,20}:\/\/|[a-z][a-z0-9+.-]{0,20}(?::\/?)?$/i;
const hostKeys = /^(?:host|hostname|server|address|addr|domain|endpoint|ip|url|uri)$/i;
/** With a dot, or an address of IPv6. Addresses of Terraform's resources have `_`. */
const hostLike = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+\.?|\[?[0-9a-f]*:[0-9a-f:.]+\]?)(?::\d+)?(?:[/?#].*)?$/i;

/** Addresses of the network in a text. */
export function urlsIn(text: string): string[] {
  return [...text.matchAll(urls)].map(([url]) => withoutEnd(url));
}

/** The same text with each address of the network in it mapped. */
export function mapUrls(text: string, map: (url: string) => string): string {
  return text.replaceAll(urls, (found) => {
    const url = withoutEnd(found);
    return map(url) + found.slice(url.length);
  });
}

/** Where the address begins that goes on past the end of the text, or may; the text's length: none does. */
export function openUrlAt(text: string): number {
  const after = Math.max(...[...text.matchAll(/[\s"'`<>]/g)].slice(-1).map(({ index }) => index + 1), 0);
  const at = text.slice(after).search(begun);
  return at < 0 ? text.length : after + at;
}

/** Addresses of the network that a call would turn to, and all texts of its input. */
export function addressesIn(input: Json): { addresses: string[]; texts: string[] } {
  const addresses: string[] = [];
  const texts: string[] = [];
  const walk = (value: Json, key: string): void => {
    if (typeof value === "string") {
      texts.push(value);
      const found = urlsIn(value);
      addresses.push(
        ...(found.length === 0 && hostKeys.test(key) && hostLike.test(value.trim()) ? [value.trim()] : found),
      );
    } else if (Array.isArray(value)) for (const one of value) walk(one as Json, key);
    else if (typeof value === "object" && value !== null)
      for (const [name, one] of Object.entries(value)) {
        // A name is a place for data too, where a tool takes any.
        if (!/^[\w$-]{1,40}$/.test(name)) texts.push(name);
        walk(one, name);
      }
  };
  walk(input, "");
  return { addresses, texts };
}

/** Whether people, or the agent's author, named that host. */
export function isVouched(address: string, { vouched }: Pick<Seen, "vouched">): boolean {
  const host = hostOf(address);
  if (host === null) return false;
  const at = new RegExp(`(?<![a-z0-9.-])${escaped(host)}(?![a-z0-9-]|\\.[a-z0-9])`, "i");
  return at.test(vouched);
}

/** The text from elsewhere that names this very address, whole. */
export function sourceOf(address: string, { outside }: Pick<Seen, "outside">): string | undefined {
  return outside.find((text) => {
    for (let at = text.indexOf(address); at >= 0; at = text.indexOf(address, at + 1)) {
      const around = `${text[at - 1] ?? " "}${text[at + address.length] ?? " "}`;
      const rest = text.slice(at + address.length);
      if (!/[\w.%-]/.test(around[0] as string) && /^[).,;:!?\]}]*(?:[\s"'`<>\\]|$)/.test(rest)) return true;
    }
    return false;
  });
}

/** Null where parsers would differ about what it is. */
function hostOf(address: string): string | null {
  if (address.includes("\\")) return null;
  const url = URL.parse(address.includes("://") ? address : `http://${address}`);
  // No name is longer (RFC 1035, 2.3.4), and no pattern takes any length.
  if (url === null || url.username !== "" || url.password !== "" || url.hostname.length > 253) return null;
  return url.hostname.replace(/\.$/, "");
}

/** What ends a sentence rather than an address. */
function withoutEnd(url: string): string {
  let end = url.length;
  // A pattern would look for the end from each of its marks.
  while (end > 0 && ").,;:!?]}\\".includes(url[end - 1] as string)) end -= 1;
  return url.slice(0, end);
}

/** A text as a pattern that matches nothing else. */
export function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
