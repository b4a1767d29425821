import { realpath } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import { ExecRefusedError } from "./errors.ts";

/** True when `path` is `folder` or lies in it. Both absolute and free of symbolic links. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}

/** Resolves a path that a request wants to see in the sandbox, unless that would show a hidden folder. */
export async function resolveVisible(path: string, hidden: readonly string[]): Promise<string> {
  if (!isAbsolute(path)) throw new ExecRefusedError(`The path "${path}" to show to the tool must be absolute.`);
  const real = await realpath(path).catch(() => {
    throw new ExecRefusedError(`The path "${path}" to show to the tool does not exist on this worker.`);
  });
  if (hidden.some((folder) => isInside(real, folder) || isInside(folder, real))) {
    throw new ExecRefusedError(`The path "${path}" is kept from tools: it holds, or lies in, the worker's own data.`);
  }
  return real;
}
