import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { digestOf, requireMinimumVersion, ToolNotFoundError, type BinaryNeed } from "@gantry/sdk";
import type { CatalogTool } from "../catalog/index.ts";
import type { AttemptContext } from "./context.ts";

export interface Binaries {
  /** Digest of a tool's package and of the programs it uses here; changes when either does. */
  fingerprint(tool: string): string;
  /** @throws ToolNotFoundError, ToolTooOldError, ToolVersionUnknownError */
  check(tool: CatalogTool, context: AttemptContext): Promise<void>;
}

/** Looks at the programs that tools need, once per file: it is looked at anew when its size, inode or time changes. */
export function createBinaries({
  tools,
  searchPath,
}: {
  tools: ReadonlyMap<string, CatalogTool>;
  searchPath: string;
}): Binaries {
  const digests = new Map<string, string>();
  const checked = new Set<string>();
  return {
    fingerprint(name) {
      const found = tools.get(name);
      if (!found) return "absent";
      const needs = found.tool.spec.binaries ?? [];
      if (needs.length === 0) return found.facts.digest;
      return digestOf({
        tool: found.facts.digest,
        binaries: needs.map((need) => digestOfNeed(need, searchPath, digests)),
      });
    },
    async check({ tool }, context) {
      for (const need of tool.spec.binaries ?? []) {
        const file = findNeed(need, searchPath);
        if (!file) throw new ToolNotFoundError(need.anyOf.join(" or "), need.install);
        const key = `${stampOf(file.path)} ${need.minimum ?? ""}`;
        if (checked.has(key) || need.minimum === undefined) continue;
        const said = await context.probe(file.path, need.versionArgs ?? ["--version"]);
        requireMinimumVersion(file.name, said, need.minimum);
        checked.add(key);
      }
    },
  };
}

function digestOfNeed(need: BinaryNeed, searchPath: string, digests: Map<string, string>): string {
  const file = findNeed(need, searchPath);
  if (!file) return "absent";
  const stamp = stampOf(file.path);
  let digest = digests.get(stamp);
  if (digest === undefined) {
    digest = createHash("sha256").update(readFileSync(file.path)).digest("hex");
    digests.set(stamp, digest);
  }
  return digest;
}

function findNeed(need: BinaryNeed, searchPath: string): { name: string; path: string } | null {
  for (const name of need.anyOf) {
    const found = findOne(name, searchPath);
    if (found) return found;
  }
  return null;
}

function findOne(name: string, searchPath: string): { name: string; path: string } | null {
  for (const folder of searchPath.split(delimiter).filter(isAbsolute)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return { name, path: realpathSync(path) };
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

function stampOf(path: string): string {
  const { ino, size, mtimeMs } = statSync(path);
  return `${path} ${ino} ${size} ${mtimeMs}`;
}
