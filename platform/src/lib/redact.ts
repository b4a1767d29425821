import { mapTexts } from "./map-texts.ts";
import { patternsOf, type Pattern } from "./redact-patterns.ts";

/** What stands where a secret stood. */
export const REDACTED = "[redacted]";
/** Shorter values are refused: hiding them would blot out ordinary text and by that tell what they are. */
export const MINIMUM_SECRET_LENGTH = 4;

const marker = Buffer.from(REDACTED);
/** A piece of a secret shorter than this, at the very end of cut output, says too little to be hidden. */
const SMALLEST_TELLING_PIECE = 4;

export interface RedactionStream {
  /** Takes the next bytes and returns those that are safe to show. What could be the start of a secret is held back. */
  push(chunk: Uint8Array): Uint8Array;
  /** Returns the rest. With `cut` (the writer was stopped halfway) a piece of a secret at the very end is hidden too. */
  end(options?: { cut?: boolean }): Uint8Array;
}

export interface Redactor {
  /** What was registered. It leaves the process only through the pipe to a shim. */
  readonly secrets: readonly string[];
  redact(text: string): string;
  /** What holds no secret comes out as it went in, whatever bytes they are. */
  redactBytes(bytes: Uint8Array): Uint8Array;
  /** Redacts every string in a JSON-like value, keys included. Other values are kept as they are. */
  redactValue<T>(value: T): T;
  stream(): RedactionStream;
}

/**
 * Replaces secrets by `[redacted]`: raw, URL- and JSON-escaped (also partly, or one inside the other), hexadecimal, and
 * base64 at every alignment, wrapped or not. A secret of several lines is hidden line by line too (lines of 8
 * characters or more). Works on bytes, so it neither minds nor mends invalid UTF-8.
 *
 * A library for many needles (Aho-Corasick) was not taken: escapes may be mixed freely within one occurrence, and only
 * a matcher that can say "this could still become a secret" holds back no more than it must.
 *
 * @throws {RangeError} for a secret shorter than {@link MINIMUM_SECRET_LENGTH} bytes: refuse those where they are stored.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const registered = [...new Set(secrets)];
  if (registered.some((secret) => Buffer.byteLength(secret) < MINIMUM_SECRET_LENGTH)) {
    throw new RangeError(
      `A secret of fewer than ${MINIMUM_SECRET_LENGTH} bytes cannot be hidden in output; use a longer one.`,
    );
  }
  const index = indexPatterns(registered.flatMap(patternsOf));
  const redactor: Redactor = {
    secrets: registered,
    redact(text) {
      if (registered.length === 0 || isPlainlyFree(index, text)) return text;
      // A lone surrogate would not survive the way through UTF-8; such text is redacted around it.
      if (!text.isWellFormed())
        return text
          .split(/(\p{Surrogate}+)/u)
          .map((part, at) => (at % 2 ? part : redactor.redact(part)))
          .join("");
      const stream = createStream(index);
      return Buffer.concat([stream.push(Buffer.from(text)), stream.end()]).toString();
    },
    redactBytes(bytes) {
      if (registered.length === 0) return bytes;
      const stream = createStream(index);
      return Buffer.concat([stream.push(bytes), stream.end()]);
    },
    redactValue: (value) => (registered.length === 0 ? value : mapTexts(value, redactor.redact)),
    stream: () => createStream(index),
  };
  return redactor;
}

interface Index {
  /** 1 for two bytes with which something may begin: ordinary output rarely gets past this small table. */
  pairs: Uint8Array;
  byPair: readonly (Pattern[] | undefined)[];
  /** For the last byte there is. */
  byFirst: readonly (Pattern[] | undefined)[];
}

function indexPatterns(patterns: readonly Pattern[]): Index {
  const byPair: (Pattern[] | undefined)[] = Array.from({ length: 65_536 }, () => undefined);
  const byFirst: (Pattern[] | undefined)[] = Array.from({ length: 256 }, () => undefined);
  const pairs = new Uint8Array(65_536);
  for (const pattern of patterns) {
    for (const [first, second] of pattern.beginnings()) {
      pairs[(first << 8) | second] = 1;
      for (const known of [(byFirst[first] ??= []), (byPair[(first << 8) | second] ??= [])]) {
        if (!known.includes(pattern)) known.push(pattern);
      }
    }
  }
  return { pairs, byPair, byFirst };
}

function createStream(index: Index): RedactionStream {
  let held: Uint8Array = Buffer.alloc(0);
  /** How many bytes at the start of `held` lie inside a match whose marker was written already. */
  let covered = 0;

  function advance(chunk: Uint8Array, mode: "more" | "end" | "cut"): Uint8Array {
    const data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const out: Uint8Array[] = [];
    let shown = 0;
    let stop = data.length;
    for (let at = 0; at < data.length; at++) {
      const first = data[at]!;
      const pair = at + 1 < data.length ? (first << 8) | data[at + 1]! : -1;
      if (pair >= 0 && index.pairs[pair] === 0) continue;
      const patterns = pair < 0 ? index.byFirst[first] : index.byPair[pair];
      if (patterns === undefined) continue;
      const { end, open } = longestMatch(patterns, data, at);
      if (open && mode === "more") {
        stop = at;
        break;
      }
      const matchEnd = open && mode === "cut" && data.length - at >= SMALLEST_TELLING_PIECE ? data.length : end;
      if (matchEnd <= covered) continue;
      // Matches that overlap become one marker, so that no rest of the second secret is left standing.
      if (at >= covered) {
        out.push(data.subarray(Math.max(shown, covered), at), marker);
        shown = at;
      }
      covered = matchEnd;
    }
    const from = Math.max(shown, covered);
    if (from < stop) out.push(data.subarray(from, stop));
    held = Buffer.from(data.subarray(stop));
    covered = Math.max(0, covered - stop);
    if (out.length === 1) return out[0]!;
    return Buffer.concat(out);
  }

  return {
    push: (chunk) => advance(chunk, "more"),
    end: ({ cut = false } = {}) => advance(new Uint8Array(0), cut ? "cut" : "end"),
  };
}

/** Settles nearly all short texts without turning them into bytes: ASCII in which not even two bytes fit a secret. */
function isPlainlyFree(index: Index, text: string): boolean {
  let previous = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127 || (at > 0 && index.pairs[(previous << 8) | code] !== 0)) return false;
    previous = code;
  }
  return true;
}

function longestMatch(patterns: readonly Pattern[], data: Uint8Array, at: number): { end: number; open: boolean } {
  let end = -1;
  let open = false;
  for (const pattern of patterns) {
    const match = pattern.match(data, at);
    if (match.end > end) end = match.end;
    open ||= match.open;
  }
  return { end, open };
}
