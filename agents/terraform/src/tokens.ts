/** A piece of HCL that means something: no space, no comment. */
export interface Token {
  kind: "name" | "text" | "mark";
  value: string;
  /** Of a text: it holds nothing that is worked out first. */
  plain: boolean;
  /** Where it begins, in characters. */
  at: number;
}

const name = /[\p{L}_][\p{L}\p{N}_-]*/uy;
const heredoc = /<<-?([\p{L}_][\p{L}\p{N}_-]*)[ \t]*\r?\n/uy;

/** The tokens of a file, as Terraform's own scanner takes them (HCL, syntax-agnostic and native). What isn't HCL comes out as marks. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const begins = at;
    const here = source[at] as string;
    const next = source[at + 1];
    if (here === "#" || (here === "/" && next === "/")) at = endOf(source, "\n", at);
    else if (here === "/" && next === "*") at = endOf(source, "*/", at + 2);
    else if (here === '"') {
      at = endOfText(source, at + 1);
      tokens.push(textToken(source.slice(begins + 1, at - 1), begins));
    } else if (matches(heredoc, source, at) !== null) {
      const [head, mark = ""] = matches(heredoc, source, at) as RegExpExecArray;
      const close = new RegExp(`^[ \\t]*${mark}[ \\t]*\\r?$`, "mu").exec(source.slice(at + head.length));
      const from = at + head.length;
      const to = close === null ? source.length : from + close.index;
      tokens.push({ ...textToken(source.slice(from, to), begins), plain: false });
      at = close === null ? to : to + close[0].length;
    } else {
      const found = matches(name, source, at)?.[0];
      at += (found ?? here).length;
      if (found !== undefined) tokens.push({ kind: "name", value: found, plain: true, at: begins });
      else if (here.trim() !== "") tokens.push({ kind: "mark", value: here, plain: true, at: begins });
    }
  }
  return tokens;
}

function matches(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}

/** Behind the next of these. */
function endOf(source: string, what: string, from: number): number {
  const at = source.indexOf(what, from);
  return at < 0 ? source.length : at + what.length;
}

/** Behind the quote that closes it; what is worked out within may hold texts of its own. */
function endOfText(source: string, from: number): number {
  let at = from;
  while (at < source.length) {
    const here = source[at];
    if (here === "\\") at += 2;
    else if (here === '"') return at + 1;
    else if ((here === "$" || here === "%") && source[at + 1] === here) at += 2;
    else if ((here === "$" || here === "%") && source[at + 1] === "{") at = endOfInterpolation(source, at + 2);
    else at += 1;
  }
  return at;
}

function endOfInterpolation(source: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < source.length && depth > 0) {
    const here = source[at];
    if (here === '"') at = endOfText(source, at + 1);
    else {
      if (here === "{") depth += 1;
      if (here === "}") depth -= 1;
      at += 1;
    }
  }
  return at;
}

function textToken(raw: string, at: number): Token {
  const value = raw.replaceAll(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs, (_, short, long, one: string) => {
    const code = Number.parseInt((short ?? long ?? "") as string, 16);
    return Number.isNaN(code) ? (one ?? "") : code > 0x10_ff_ff ? "" : String.fromCodePoint(code);
  });
  return { kind: "text", value, plain: !/[$%]\{/.test(raw), at };
}
