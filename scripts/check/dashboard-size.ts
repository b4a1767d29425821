import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildDashboard } from "../build/dashboard.ts";

/** Of Vite's manifest. */
export interface Chunk {
  file: string;
  name?: string;
  /** Loaded together with it. */
  imports?: string[];
  /** Loaded when somebody goes there. */
  dynamicImports?: string[];
}

/** Gzipped script in bytes: what the first page needs, and what any further screen adds to it. */
const limits = { entry: 200_000, screen: 120_000 };

/** What is too large, with what it is made of; empty when all is well. Builds the dashboard where it is out of date. */
export async function dashboardSizeProblems(root: string): Promise<string[]> {
  const { manifest, sizes } = await readBuild(root);
  return tooLarge(manifest, sizes);
}

/** Gzipped script that the first page loads. */
export async function firstPageBytes(root: string): Promise<number> {
  const { manifest, sizes } = await readBuild(root);
  return sum(firstPage(manifest), sizes);
}

async function readBuild(root: string): Promise<{ manifest: Record<string, Chunk>; sizes: Map<string, number> }> {
  await buildDashboard();
  const dist = join(root, "dashboard/dist");
  const manifest = JSON.parse(await readFile(join(dist, "manifest.json"), "utf8")) as Record<string, Chunk>;
  const sizes = new Map<string, number>();
  for (const { file } of Object.values(manifest))
    if (file.endsWith(".js")) sizes.set(file, gzipSync(await readFile(join(dist, file)), { level: 9 }).length);
  return { manifest, sizes };
}

export function tooLarge(manifest: Record<string, Chunk>, sizes: ReadonlyMap<string, number>): string[] {
  const first = firstPage(manifest);
  const screens = Object.keys(manifest).filter((name) => name.startsWith("src/screens/"));
  const problems = [say("The first page", first, limits.entry, sizes)];
  for (const screen of screens) {
    const more = new Set([...withImports(manifest, [screen])].filter((file) => !first.has(file)));
    problems.push(say(screen, more, limits.screen, sizes));
  }
  return problems.filter((problem) => problem !== null);
}

function firstPage(manifest: Record<string, Chunk>): Set<string> {
  const start = Object.keys(manifest).find((key) => manifest[key]?.name === "start");
  if (start === undefined) throw new Error("The dashboard's manifest names no chunk that it starts with.");
  return withImports(manifest, [start]);
}

/** Files of the chunks and of what they load at once. */
function withImports(manifest: Record<string, Chunk>, names: readonly string[]): Set<string> {
  const files = new Set<string>();
  const visit = (name: string): void => {
    const chunk = manifest[name];
    if (chunk === undefined || files.has(chunk.file)) return;
    files.add(chunk.file);
    chunk.imports?.forEach(visit);
  };
  names.forEach(visit);
  return files;
}

function say(
  what: string,
  files: ReadonlySet<string>,
  limit: number,
  sizes: ReadonlyMap<string, number>,
): string | null {
  const each = [...files].map((file) => [file, sizes.get(file) ?? 0] as const).toSorted(([, a], [, b]) => b - a);
  const all = sum(files, sizes);
  if (all <= limit) return null;
  const parts = each.map(([file, size]) => `  ${size} ${file}`).join("\n");
  return `${what} loads ${all} bytes of gzipped script; the budget is ${limit}.\n${parts}`;
}

function sum(files: ReadonlySet<string>, sizes: ReadonlyMap<string, number>): number {
  return [...files].reduce((total, file) => total + (sizes.get(file) ?? 0), 0);
}
