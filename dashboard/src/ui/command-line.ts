type Value = string | number | boolean | readonly string[] | null | undefined;

/**
 * What a form does as a command line, for somebody in the folder that Gantry was started from. Options without a value are left out,
 * `true` stands as a flag, lists are repeated; words are quoted where a shell would take them apart.
 */
export function commandLine(words: readonly string[], options: Readonly<Record<string, Value>> = {}): string {
  const given = Object.entries(options).flatMap(([name, value]): string[] => {
    if (value === undefined || value === null || value === false || value === "") return [];
    const option = name.length === 1 ? `-${name}` : `--${name}`;
    if (value === true) return [option];
    const all = typeof value === "object" ? value : [String(value)];
    // What begins like an option would be taken for one.
    return all.flatMap((one) => (one.startsWith("-") && name.length > 1 ? [`${option}=${one}`] : [option, one]));
  });
  return ["npx", "gantry", ...words, ...given].map(quote).join(" ");
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
