export interface EnvFile {
  entries: readonly { name: string; value: string; line: number }[];
  /** Lines that say nothing that can be read. */
  unreadable: readonly number[];
}

const assignment = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;
const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/**
 * Lines `NAME=value`, as Docker's `--env-file` and systemd's `EnvironmentFile` have them: blank lines and `#` comments, `export`
 * in front, and quotes around values; in double ones `\n`, `\"` and the like. Nothing is expanded: a `$` in a password stays one.
 */
export function parseEnvFile(text: string): EnvFile {
  const entries: EnvFile["entries"][number][] = [];
  const unreadable: number[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const content = raw.trim();
    if (content === "" || content.startsWith("#")) continue;
    const [, name, rest = ""] = assignment.exec(content) ?? [];
    const value = readValue(rest);
    if (name === undefined || value === undefined) unreadable.push(index + 1);
    else entries.push({ name, value, line: index + 1 });
  }
  return { entries, unreadable };
}

/** Undefined: a quote that isn't closed, or something behind the closing one. */
function readValue(text: string): string | undefined {
  const quote = text[0];
  if (quote !== '"' && quote !== "'") return text.replace(/(^|\s)#.*$/, "").trimEnd();
  const pattern = quote === "'" ? /^'([^']*)'\s*(?:#.*)?$/ : /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/;
  const inside = pattern.exec(text)?.[1];
  if (quote === "'") return inside;
  return inside?.replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}
