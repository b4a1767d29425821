import { isUrl } from "./typed.ts";
import { quantitiesOf } from "./quantities.ts";
import { tokenise } from "./tokens.ts";
import type { Token } from "./types.ts";

/** What shall hold afterwards, as far as a tool of the `check` agent can find out. */
export type AcceptanceCheck =
  | { readonly kind: "http"; readonly url: string; readonly status: number }
  | { readonly kind: "latency"; readonly url: string; readonly percentile: number; readonly ms: number };

export interface Acceptance {
  /** The sentence without its checks. */
  readonly rest: string;
  readonly checks: readonly AcceptanceCheck[];
  /** What was asked for and can't be checked, as it was said, with the reason. */
  readonly refused: readonly { readonly text: string; readonly why: string }[];
}

/** `… and check that`, `… then make sure`, `… until`, `… so that`: what follows is what shall hold. */
const opener =
  /(?:^|[\s,;.])(?:and |then |, )*(?:(?:check|verify|confirm|assert|ensure|validate)(?: again)?(?: that| whether| if)?|make sure(?: that)?|so that|until|till) /gi;

/** Splits acceptance checks off a sentence. Only what a verification can really find out becomes one. */
export function splitChecks(text: string): Acceptance {
  const parts = partsOf(text);
  const checks: AcceptanceCheck[] = [];
  const refused: { text: string; why: string }[] = [];
  for (const clause of parts.clauses) {
    const read = readCheck(tokenise(clause));
    if (typeof read === "string") refused.push({ text: clause, why: read });
    else checks.push(read);
  }
  return { rest: parts.rest, checks, refused };
}

function partsOf(text: string): { rest: string; clauses: string[] } {
  const starts = [...text.matchAll(opener)].flatMap((match) => {
    const clause = text.slice(match.index + match[0].length);
    const weak = /(until|till|so that) $/i.test(match[0]);
    // `silence it until tomorrow` is a time, and `check the logs` at the beginning is the wish itself.
    if (weak && !looksLikeCheck(clause)) return [];
    return match.index === 0 ? [] : [{ from: match.index, to: match.index + match[0].length }];
  });
  const [first] = starts;
  if (first === undefined) return { rest: text, clauses: [] };
  const clauses = starts.map(({ to }, index) => text.slice(to, starts[index + 1]?.from ?? text.length));
  return {
    rest: text.slice(0, first.from).trim(),
    clauses: clauses.flatMap(splitAtAddresses).map((one) => one.trim()),
  };
}

function looksLikeCheck(clause: string): boolean {
  return /https?:\/\/|\bp\d\d\b|\b(below|under|above|answers?|responds?|returns?|healthy|latency|percentile)\b/i.test(
    clause,
  );
}

/** `https://a answers 200 and https://b answers 204` are two. */
function splitAtAddresses(clause: string): string[] {
  return clause.split(/(?:,| and) (?=(?:that )?(?:the )?https?:\/\/)/i);
}

const small = new Set(
  "a an the is are be and at of with on in to for it its there that than http status code page url endpoint address latency response responses time times request requests service site all again still always just stays stay gets goes drops falls comes then within percentile th ready now".split(
    " ",
  ),
);
const answers = new Set(
  "answer answers answering return returns returning respond responds responding reachable up give gives ok okay healthy alive works work serves online live available say says".split(
    " ",
  ),
);
const limits = new Set("below under less < <= lower maximum max most faster".split(" "));

function readCheck(tokens: readonly Token[]): AcceptanceCheck | string {
  const [address, ...others] = tokens.filter((token) => isUrl(token) && /^https?:/i.test(token.text));
  const percentile = tokens.flatMap(({ lower }) => /^p(\d\d)$|^(\d\d)th$/.exec(lower)?.slice(1) ?? []).find(Boolean);
  if (address === undefined)
    return percentile === undefined
      ? "only what an address (http:// or https://) answers can be checked"
      : "it doesn't say of which address the latency is meant";
  if (others.length > 0) return "it names several addresses; say what each shall answer";
  const rest = tokens.filter((token) => token !== address);
  return percentile === undefined
    ? readStatus(address.text, rest)
    : readLatency(address.text, Number(percentile), rest);
}

function readStatus(url: string, rest: readonly Token[]): AcceptanceCheck | string {
  const statuses = rest.filter(({ text }) => /^[1-5]\d\d$/.test(text)).map(({ text }) => Number(text));
  const unknown = rest.filter(
    ({ lower, text }) => !small.has(lower) && !answers.has(lower) && !/^[1-5]\d\d$/.test(text),
  );
  if (unknown.length > 0) return `${JSON.stringify(unknown.map(({ text }) => text).join(" "))} can't be checked`;
  if (statuses.length > 1) return "it names several status codes";
  if (statuses.length === 0 && !rest.some(({ lower }) => answers.has(lower)))
    return "it doesn't say what it shall answer";
  return { kind: "http", url, status: statuses[0] ?? 200 };
}

function readLatency(url: string, percentile: number, rest: readonly Token[]): AcceptanceCheck | string {
  const [limit, ...more] = quantitiesOf(rest).filter(({ dimension }) => dimension === "duration");
  if (limit === undefined || limit.value === null || more.length > 0 || !rest.some(({ lower }) => limits.has(lower)))
    return "a latency is checked as in: p95 of https://… below 300 ms";
  const unknown = rest.filter((token, index) => {
    const read = index >= limit.from && index <= limit.to;
    return !read && !small.has(token.lower) && !limits.has(token.lower) && !/^p?\d\d(th)?$/.test(token.lower);
  });
  if (unknown.length > 0) return `${JSON.stringify(unknown.map(({ text }) => text).join(" "))} can't be checked`;
  return { kind: "latency", url, percentile, ms: Math.round(limit.value * 1_000) };
}
