import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ManifestInvalidError } from "../errors.ts";
import { defaultHealth, Health, Manifest } from "../schemas.ts";
import type { Procedure } from "../schemas.ts";

export const manifestName = "gantry.service.json";
const limitBytes = 64 * 1024;

/** What the repository says about how it is built, started and probed; `{}` when it says nothing. @throws {ManifestInvalidError} */
export async function readManifest(tree: string): Promise<Manifest> {
  const path = join(tree, manifestName);
  const facts = await lstat(path).catch(() => null);
  if (facts === null) return {};
  if (!facts.isFile()) throw new ManifestInvalidError("it isn't a regular file.");
  if (facts.size > limitBytes) throw new ManifestInvalidError(`it is larger than ${limitBytes} bytes.`);
  const parsed = Manifest.safeParse(parseJson(await readFile(path, "utf8")));
  if (!parsed.success) throw new ManifestInvalidError(z.prettifyError(parsed.error));
  return parsed.data;
}

/** Parameters win over the repository, the repository over the defaults. @throws {ManifestInvalidError} without a start command. */
export function resolveProcedure(manifest: Manifest, parameters: Manifest): Procedure {
  const start = parameters.start ?? manifest.start;
  if (start === undefined)
    throw new ManifestInvalidError(
      `no start command. Give one as a parameter, or put {"start": ["node", "server.js"]} into it.`,
    );
  return {
    build: parameters.build ?? manifest.build ?? [],
    start,
    health: Health.parse({ ...defaultHealth, ...manifest.health, ...parameters.health }),
    versionPath: parameters.versionPath ?? manifest.versionPath ?? null,
    network: parameters.network ?? manifest.network ?? "none",
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ManifestInvalidError(error instanceof Error ? error.message : String(error));
  }
}
