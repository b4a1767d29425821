import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { AgentInvalidError } from "./errors.ts";

/**
 * What to import for an entry of GANTRY_AGENTS. A package's name and a URL of a file stay as they are; a path (`/…`, `./…`,
 * `../…`, or the URL of a folder) becomes a URL, that of a folder the URL of what its package.json exports.
 * @throws AgentInvalidError when there is no such path, or no package in it.
 */
export async function resolveAgent(entry: string): Promise<string> {
  if (!/^(\.{0,2}\/|file:)/.test(entry)) return entry;
  const place = entry.startsWith("file:") ? fileURLToPath(entry) : path.resolve(entry);
  const isFolder = await stat(place).then(
    (found) => found.isDirectory(),
    (cause: unknown) => {
      throw new AgentInvalidError(entry, "there is no such file or folder.", cause);
    },
  );
  return pathToFileURL(isFolder ? path.join(place, await mainOf(entry, place)) : place).href;
}

/** `source` comes first: what is installed by its path is run as it is written, what is below node_modules as it was built. */
const Manifest = z.object({
  exports: z.preprocess(
    (exported) => (typeof exported === "object" && exported !== null && "." in exported ? exported["."] : exported),
    z.union([z.string(), z.object({ source: z.string().optional(), default: z.string() })]),
  ),
});

async function mainOf(entry: string, folder: string): Promise<string> {
  try {
    const { exports } = Manifest.parse(JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")));
    if (typeof exports === "string") return exports;
    const built = folder.split(path.sep).includes("node_modules");
    return built ? exports.default : (exports.source ?? exports.default);
  } catch (cause) {
    throw new AgentInvalidError(
      entry,
      'its folder needs a package.json whose "exports" names its main file, such as "./src/index.ts".',
      cause,
    );
  }
}
