/**
 * What a tool printed, made safe to show: colours of its escape sequences (SGR) are kept as tones of ours, every other sequence is
 * left out, and characters that nobody sees (controls, marks that turn the direction of text, spaces without width) get a sign.
 * The libraries for this give HTML, or colours that ignore what they stand on; see docs/decisions/0043-log-view.md.
 */
export interface OutputSpan {
  text: string;
  style: OutputStyle;
}

/** Packed into one number, so that a hundred thousand lines can each keep the one that they begin with. */
export type OutputStyle = number;

export const plainStyle: OutputStyle = 0;
/** Tones of the foreground and, softly, of the background. Black and white are none: they depend on what a terminal stands on. */
export const tones = ["none", "bad", "good", "warn", "info", "magenta", "cyan", "muted"] as const;
export const bold = 1 << 6;
const dim = 1 << 7;
export const italic = 1 << 8;
export const underline = 1 << 9;
export const strike = 1 << 10;
/** Stands for something that can't be seen itself. */
export const sign = 1 << 11;

export const toneOf = (style: OutputStyle): (typeof tones)[number] =>
  (style & dim) !== 0 ? "muted" : (tones[style & 7] ?? "none");
export const backgroundOf = (style: OutputStyle): (typeof tones)[number] => tones[(style >> 3) & 7] ?? "none";

/**
 * In this order: SGR; a string (OSC, DCS and such) up to its end, and the beginning of one that has no end, behind which nothing may be
 * hidden; other CSI; other escapes; what can't be seen. No two alternatives can both go on over the same text, so it takes linear time.
 */
const special =
  // oxlint-disable-next-line no-misleading-character-class
  /(?:\u001b\[|\u009b)([\d;:]*)m|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])(?:[^\u0007\u001b\u0090\u0098\u009c-\u009f]*(?:\u0007|\u001b\\|\u009c))?|(?:\u001b\[|\u009b)[\u0030-\u003f]*[\u0020-\u002f]*[\u0040-\u007e]?|\u001b[\u0020-\u002f]*[\u0030-\u007e]?|((?![\t\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029])/gu;

/** One line's spans. `from` is the style that the line before it ended with. */
export function readOutput(line: string, from: OutputStyle = plainStyle): OutputSpan[] {
  const spans: OutputSpan[] = [];
  let style = from;
  let at = 0;
  const add = (text: string, as: OutputStyle): void => {
    const last = spans.at(-1);
    if (text === "") return;
    if (last?.style === as) last.text += text;
    else spans.push({ text, style: as });
  };
  for (const found of line.matchAll(special)) {
    add(line.slice(at, found.index), style);
    at = found.index + found[0].length;
    if (found[1] !== undefined) style = restyle(style, found[1]);
    else if (found[2] !== undefined) add(signOf(found[2]), sign);
  }
  add(line.slice(at), style);
  return spans;
}

/** The style that a line ends with. */
export function styleBehind(line: string, from: OutputStyle): OutputStyle {
  if (!line.includes("\u001b") && !line.includes("\u009b")) return from;
  let style = from;
  for (const [, codes] of line.matchAll(special)) if (codes !== undefined) style = restyle(style, codes);
  return style;
}

/** A piece of a line that search found, or that it didn't. */
export interface FoundSpan extends OutputSpan {
  found: boolean;
}

/** The spans, cut where an occurrence of `needle` (in lower case) begins and ends. It may go over several spans. */
export function markFound(spans: readonly OutputSpan[], needle: string): FoundSpan[] {
  const text = spans.reduce((whole, span) => whole + span.text, "");
  const lower = text.toLowerCase();
  // Some letters are longer in lower case: places would be wrong then.
  if (needle === "" || lower.length !== text.length) return spans.map((span) => ({ ...span, found: false }));
  const edges: number[] = [];
  for (let at = lower.indexOf(needle); at !== -1; at = lower.indexOf(needle, at + needle.length))
    edges.push(at, at + needle.length);
  const marked: FoundSpan[] = [];
  let edge = 0;
  let start = 0;
  for (const { text: whole, style } of spans) {
    let at = start;
    const end = start + whole.length;
    while (at < end) {
      while (edge < edges.length && (edges[edge] ?? 0) <= at) edge += 1;
      const next = Math.min(end, edges[edge] ?? end);
      marked.push({ text: whole.slice(at - start, next - start), style, found: edge % 2 === 1 });
      at = next;
    }
    start = end;
  }
  return marked;
}

/** What is seen of a line, for search and for the clipboard. */
export function seenText(line: string): string {
  return suspicious.test(line) ? readOutput(line).reduce((text, span) => text + span.text, "") : line;
}

/** Cheap, and right for nearly all lines. */
const suspicious = /[^\t\u0020-\u007e\u00a0-\u00ac\u00ae-\u033f]/;

function signOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
}

/** ECMA-48, 8.3.117, with the colours that terminals add. What hides text (28 is its end) is not done. */
function restyle(style: OutputStyle, codes: string): OutputStyle {
  const list = codes.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let next = style;
  for (let index = 0; index < list.length; index += 1) {
    const code = list[index] ?? 0;
    if (code === 0) next = plainStyle;
    else if (code === 1) next |= bold;
    else if (code === 2) next |= dim;
    else if (code === 3) next |= italic;
    else if (code === 4) next |= underline;
    else if (code === 9) next |= strike;
    else if (code === 22) next &= ~(bold | dim);
    else if (code === 23) next &= ~italic;
    else if (code === 24) next &= ~underline;
    else if (code === 29) next &= ~strike;
    else if (code === 38 || code === 48) {
      const color = readColor(list, index + 1, codes.includes(":"));
      next = withTone(next, color.tone, code === 48);
      index = color.end;
    } else if (code === 39 || code === 49) next = withTone(next, 0, code === 49);
    else if (code >= 30 && code <= 37) next = withTone(next, basic[code - 30] ?? 0, false);
    else if (code >= 40 && code <= 47) next = withTone(next, basic[code - 40] ?? 0, true);
    else if (code >= 90 && code <= 97) next = withTone(next, bright[code - 90] ?? 0, false);
    else if (code >= 100 && code <= 107) next = withTone(next, bright[code - 100] ?? 0, true);
  }
  return next;
}

/** Black, red, green, yellow, blue, magenta, cyan, white, as indexes of `tones`. */
const basic = [0, 1, 2, 3, 4, 5, 6, 0];
const bright = [7, 1, 2, 3, 4, 5, 6, 0];

function withTone(style: OutputStyle, tone: number, background: boolean): OutputStyle {
  return background ? (style & ~(7 << 3)) | (tone << 3) : (style & ~7) | tone;
}

/** `5;n` or `2;r;g;b` (with colons also `2::r:g:b`) behind a 38 or 48. */
function readColor(list: readonly number[], at: number, colons: boolean): { tone: number; end: number } {
  if (list[at] === 5) return { tone: indexedTone(list[at + 1] ?? 0), end: at + 1 };
  if (list[at] !== 2) return { tone: 0, end: at };
  const first = colons && list.length - at > 4 ? at + 2 : at + 1;
  return { tone: toneOfColor(list[first] ?? 0, list[first + 1] ?? 0, list[first + 2] ?? 0), end: first + 2 };
}

/** Of the 256 colours of xterm: 16 named ones, a cube of 6 x 6 x 6, greys. */
function indexedTone(index: number): number {
  if (index < 8) return basic[index] ?? 0;
  if (index < 16) return bright[index - 8] ?? 0;
  if (index >= 232) return index < 250 ? 7 : 0;
  const cube = index - 16;
  return toneOfColor(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

/** The tone that is nearest in hue. */
function toneOfColor(red: number, green: number, blue: number): number {
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  if (most - least < 40) return most > 80 && most < 180 ? 7 : 0;
  const low = least + (most - least) / 2;
  const has = (red >= low ? 1 : 0) | (green >= low ? 2 : 0) | (blue >= low ? 4 : 0);
  return [0, 1, 2, 3, 4, 5, 6, 0][has] ?? 0;
}
