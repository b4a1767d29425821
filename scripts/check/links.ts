import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/**
 * Relative links and anchors in the repository's Markdown files that lead nowhere, one line each.
 * Links to other hosts are left alone: a check must not depend on the network.
 */
export async function brokenLinks(root: string): Promise<string[]> {
  const problems: string[] = [];
  for (const file of await markdownFiles(root)) {
    for (const { target, line } of linksOf(await readFile(join(root, file), "utf8"))) {
      const problem = await problemWith(root, file, target);
      if (problem) problems.push(`${file}:${line}: ${target}: ${problem}`);
    }
  }
  return problems;
}

/** Files that git knows, so that neither node_modules nor a clone inside a folder is read. */
async function markdownFiles(root: string): Promise<string[]> {
  const parameters = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.md"];
  const { stdout } = await promisify(execFile)("git", parameters, { cwd: root });
  const files = stdout.split("\0").filter((file) => file !== "" && !file.includes("fixtures/"));
  const present = await Promise.all(files.map((file) => exists(join(root, file))));
  return files.filter((_, index) => present[index]);
}

function linksOf(text: string): { target: string; line: number }[] {
  return withoutCode(text)
    .split("\n")
    .flatMap((content, index) => {
      const inline = [...content.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
      const definitions = [...content.matchAll(/^\s*\[[^\]]+\]:\s*<?(\S+?)>?(?:\s+"[^"]*")?\s*$/g)];
      const html = [...content.matchAll(/\s(?:href|src)="([^"]+)"/g)];
      return [...inline, ...definitions, ...html].map((match) => ({ target: match[1] ?? "", line: index + 1 }));
    });
}

async function problemWith(root: string, file: string, target: string): Promise<string | undefined> {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [path = "", anchor] = target.split("#");
  const linked = path === "" ? file : path.startsWith("/") ? path.slice(1) : join(dirname(file), decodeURI(path));
  if (linked.startsWith("..")) return "leads out of the repository";
  if (!(await exists(join(root, linked)))) return "no such file";
  if (anchor === undefined || !linked.endsWith(".md")) return undefined;
  const anchors = anchorsOf(await readFile(join(root, linked), "utf8"));
  return anchors.has(decodeURI(anchor)) ? undefined : `no heading in ${linked} makes this anchor`;
}

/** Anchors as GitHub makes them from headings; the second heading of a name gets -1, and so on. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set([...text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)].map((match) => match[1] ?? ""));
  for (const match of withoutCode(text, "fences").matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = slugOf(match[1] ?? "");
    let name = slug;
    for (let count = 1; anchors.has(name); count++) name = `${slug}-${count}`;
    anchors.add(name);
  }
  return anchors;
}

function slugOf(heading: string): string {
  const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
  return plain.replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "").replaceAll(" ", "-");
}

/** Blanks code but keeps the lines, so that line numbers stay true. */
function withoutCode(text: string, what: "all" | "fences" = "all"): string {
  const blank = (code: string): string => code.replaceAll(/[^\n]/g, "");
  const prose = text.replaceAll(/^( *)(```+|~~~+)[\s\S]*?^\1\2[`~]*\s*$/gm, blank);
  return what === "fences" ? prose : prose.replaceAll(/(`+)[^`][\s\S]*?\1/g, blank);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
