/** A line of a text as it changes. */
export interface DiffLine {
  change: "same" | "added" | "removed" | "note";
  text: string;
}

/** One file of a diff, or the one text that there is. */
export interface DiffFile {
  /** Null: the diff is not of files. */
  path: string | null;
  change: "added" | "removed" | "changed" | "renamed";
  lines: DiffLine[];
  added: number;
  removed: number;
}

/** Reads a diff: file by file where it has the form of `git diff` or `diff -u`, otherwise line by line by what each begins with. */
export function readDiff(text: string): DiffFile[] {
  const lines = text.replace(/\n$/, "").split("\n");
  return /^(diff --git |--- [^\n]*\n\+\+\+ )/m.test(text) ? filesOf(lines) : [fileOf(null, lines.map(lineOf))];
}

function filesOf(lines: readonly string[]): DiffFile[] {
  const files: DiffFile[] = [];
  let head: string[] = [];
  let body: DiffLine[] = [];
  const finish = (): void => {
    if (head.length > 0 || body.length > 0) files.push(headed(head, body));
    head = [];
    body = [];
  };
  // How many lines of each side the hunk still has: a removed line may look like the head of a file.
  let left = { old: 0, new: 0 };
  for (const [index, line] of lines.entries()) {
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (left.old > 0 || left.new > 0) {
      const read = lineOf(line);
      if (read.change !== "added" && read.change !== "note") left.old -= 1;
      if (read.change !== "removed" && read.change !== "note") left.new -= 1;
      body.push(read);
    } else if (hunk !== null) {
      left = { old: Number(hunk[1] ?? 1), new: Number(hunk[2] ?? 1) };
      body.push({ change: "note", text: line });
    } else {
      const begins = line.startsWith("diff --git ") || (line.startsWith("--- ") && !isBehindGitHead(head, body));
      if (begins && lines[index] !== undefined) finish();
      if (line.startsWith("\\")) body.push({ change: "note", text: line });
      else if (line !== "") head.push(line);
    }
  }
  finish();
  return files;
}

function isBehindGitHead(head: readonly string[], body: readonly DiffLine[]): boolean {
  return body.length === 0 && head.some((line) => line.startsWith("diff --git "));
}

function headed(head: readonly string[], lines: DiffLine[]): DiffFile {
  const after = (word: string): string | undefined => head.find((line) => line.startsWith(word))?.slice(word.length);
  const [from, to] = [sideOf(after("--- ")), sideOf(after("+++ "))];
  const named = /^diff --git (?:"?a\/)(.*?)"? "?b\/(.*?)"?$/.exec(head[0] ?? "");
  const path = to ?? from ?? named?.[2] ?? head[0] ?? "";
  const isNew = after("new file mode") !== undefined || (from === null && to !== null && head.length > 1);
  const isGone = after("deleted file mode") !== undefined || (to === null && from !== null && head.length > 1);
  const renamed = after("rename from ");
  const change = isNew ? "added" : isGone ? "removed" : renamed === undefined ? "changed" : "renamed";
  return fileOf(renamed === undefined ? path : `${renamed} → ${path}`, lines, change);
}

/** Null for `/dev/null`, undefined where there is no such line. */
function sideOf(name: string | undefined): string | null | undefined {
  if (name === undefined) return undefined;
  const path = (name.split("\t")[0] ?? "").replace(/^"|"$/g, "");
  return path === "/dev/null" ? null : path.replace(/^[ab]\//, "");
}

function lineOf(line: string): DiffLine {
  if (line.startsWith("+")) return { change: "added", text: line.slice(1) };
  if (line.startsWith("-")) return { change: "removed", text: line.slice(1) };
  if (/^(@@ |\\)/.test(line)) return { change: "note", text: line };
  return { change: "same", text: line.replace(/^ /, "") };
}

function fileOf(path: string | null, lines: DiffLine[], change: DiffFile["change"] = "changed"): DiffFile {
  const count = (wanted: DiffLine["change"]): number => lines.filter((one) => one.change === wanted).length;
  return { path, change, lines, added: count("added"), removed: count("removed") };
}

/** Products of line counts above which two texts are shown one below the other instead of compared. */
const comparable = 4_000_000;

/** What differs between two texts, line by line. */
export function compareTexts(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  if (a.length * b.length > comparable)
    return [
      ...a.map((text) => ({ change: "removed" as const, text })),
      ...b.map((text) => ({ change: "added" as const, text })),
    ];
  // How long the longest common rest behind each pair of positions is.
  const width = b.length + 1;
  const rest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => rest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      rest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ change: "same", text: a[i] ?? "" });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1)))
      lines.push({ change: "removed", text: a[i++] ?? "" });
    else lines.push({ change: "added", text: b[j++] ?? "" });
  }
  return lines;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
