/** One form in which a secret may stand in output. */
export interface Pattern {
  /** Pairs of bytes with which a match may begin. */
  beginnings(): Iterable<readonly [number, number]>;
  /** `end`: where the longest match at `at` ends, or -1. `open`: the data ended while a (longer) match was possible. */
  match(data: Uint8Array, at: number): { end: number; open: boolean };
}

/** Shorter runs of base64 are too likely in ordinary text. */
const SHORTEST_BASE64 = 4;
/** A line of a secret this long is hidden by itself. */
const SHORTEST_LINE = 8;
/** How many bytes of line break or separator may stand between two characters of an encoded secret. */
const WIDEST_GAP = 4;

/** All forms in which `secret` is looked for. */
export function patternsOf(secret: string): Pattern[] {
  return [secret, ...tellingLines(secret)].flatMap((text) => [escapedForms(text), hexForm(text), ...base64Forms(text)]);
}

function tellingLines(secret: string): string[] {
  // A key inside JSON has its line breaks as backslash-n.
  const lines = secret.split(/\r?\n|\\n/).map((line) => line.trim());
  if (lines.length < 2) return [];
  // The frame of a PEM block is the same for everybody.
  return lines.filter((line) => line.length >= SHORTEST_LINE && !/^-----(BEGIN|END) [A-Z0-9 ]+-----$/.test(line));
}

/** Raw, or any character of it escaped as in URLs, forms and JSON (also JSON within JSON). */
function escapedForms(text: string): Pattern {
  return createPattern(Array.from(text), escapesOf, "");
}

const shortEscapes: Record<string, string> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" };

function escapesOf(character: string): string[] {
  const percent = Array.from(Buffer.from(character), (byte) => `%${hex(byte, 2)}`).join("");
  const unicode = character
    .split("")
    .map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
    .join("");
  const forms = [
    character,
    percent,
    percent.toUpperCase(),
    unicode,
    unicode.toUpperCase().replaceAll("\\U", "\\u"),
    `\\${unicode}`,
  ];
  const short = shortEscapes[character];
  if (short !== undefined) forms.push(`\\${short}`, `\\\\${short}`);
  if (character === "\n") forms.push("\r\n");
  if (character === " ") forms.push("+");
  if (character === '"') forms.push('\\"', '\\\\\\"', "&quot;", "&#34;");
  if (character === "'") forms.push("\\'", "&#39;");
  if (character === "\\") forms.push("\\\\", "\\\\\\\\");
  if (character === "/") forms.push("\\/");
  if (character === "&") forms.push("&amp;");
  if (character === "<") forms.push("&lt;");
  if (character === ">") forms.push("&gt;");
  return forms;
}

function hexForm(text: string): Pattern {
  const digits = Array.from(Buffer.from(text).toString("hex"));
  return createPattern(digits, (digit) => [digit, digit.toUpperCase()], " :-\r\n");
}

/**
 * In base64 a secret looks different depending on how many bytes stood before it, modulo 3. The characters that hang on
 * the secret alone are looked for; the one or two at its edges say a few bits at most.
 */
function base64Forms(text: string): Pattern[] {
  const bytes = Buffer.from(text);
  const cores = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const whole = bytes.toString("base64").replaceAll("=", "");
  return [...new Set([whole, ...cores])]
    .filter((form) => form.length >= SHORTEST_BASE64)
    .map((form) => createPattern(Array.from(form), base64Character, "\r\n"));
}

function base64Character(character: string): string[] {
  if (character === "+") return ["+", "-", "%2B", "%2b", "\\u002b", "\\u002B"];
  if (character === "/") return ["/", "_", "%2F", "%2f", "\\/"];
  return [character];
}

/** One character of a secret: its forms, and what a byte can mean where the character is expected. */
interface Element {
  forms: readonly Uint8Array[];
  /** By byte: IMPOSSIBLE, SIMPLE (the whole of the only form that fits) or OTHER (the beginning of some, a separator). */
  starts: Uint8Array;
}

const IMPOSSIBLE = 0;
const SIMPLE = 1;
const OTHER = 2;
const noMatch = { end: -1, open: false };

function createPattern(
  characters: readonly string[],
  formsOf: (character: string) => string[],
  separators: string,
): Pattern {
  const gap = new Set(Buffer.from(separators));
  const known = new Map<string, Element>();
  const elements = characters.map((character) => {
    const element = known.get(character) ?? createElement(formsOf(character), gap);
    known.set(character, element);
    return element;
  });

  function* beginnings(): Generator<readonly [number, number]> {
    const following = [...(elements[1]?.forms.map((form) => form[0]!) ?? []), ...gap];
    for (const form of elements[0]?.forms ?? []) {
      if (form.length > 1) yield [form[0]!, form[1]!];
      else for (const second of following) yield [form[0]!, second];
    }
  }

  /** Goes as far as there is just one way to read each byte, which is nearly always to the end. */
  function match(data: Uint8Array, at: number): { end: number; open: boolean } {
    let place = at;
    for (let element = 0; element < elements.length; element++) {
      const meaning = place < data.length ? elements[element]!.starts[data[place]!]! : OTHER;
      if (meaning === IMPOSSIBLE) return noMatch;
      if (meaning === OTHER) return matchEveryWay(data, element, place);
      place++;
    }
    return { end: place, open: false };
  }

  function matchEveryWay(data: Uint8Array, from: number, at: number): { end: number; open: boolean } {
    // All places where the element before may have ended. Mostly one; kept as a set, never as a tree of attempts, so
    // that a secret full of backslashes takes no exponential time.
    let places = [at];
    let open = false;
    for (let element = from; element < elements.length; element++) {
      const next: number[] = [];
      for (const place of places) {
        let start = place;
        for (let skipped = 0; ; skipped++) {
          for (const form of elements[element]!.forms) {
            const fits = fit(data, start, form);
            if (fits === "open") open = true;
            else if (fits === "yes" && !next.includes(start + form.length)) next.push(start + form.length);
          }
          if (element === 0 || skipped === WIDEST_GAP || start >= data.length || !gap.has(data[start]!)) break;
          start++;
        }
      }
      if (next.length === 0) return { end: -1, open };
      places = next;
    }
    return { end: Math.max(...places), open };
  }

  return { beginnings, match };
}

function createElement(texts: readonly string[], gap: ReadonlySet<number>): Element {
  const forms = [...new Set(texts)].map((text) => Buffer.from(text));
  const starts = new Uint8Array(256);
  for (const form of forms) starts[form[0]!] = starts[form[0]!] === IMPOSSIBLE && form.length === 1 ? SIMPLE : OTHER;
  for (const byte of gap) starts[byte] = OTHER;
  return { forms, starts };
}

function fit(data: Uint8Array, at: number, form: Uint8Array): "yes" | "no" | "open" {
  for (let offset = 0; offset < form.length; offset++) {
    if (at + offset >= data.length) return "open";
    if (data[at + offset] !== form[offset]) return "no";
  }
  return "yes";
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, "0");
}
