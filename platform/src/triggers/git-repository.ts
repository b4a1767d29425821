import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import type { GitSource } from "@gantry/sdk/api";
import { TriggerInvalidError } from "./errors.ts";

/**
 * By https, or a path on the workers' host, as for deployments: no `git://` or `http://` (anyone on the way could answer),
 * no helpers such as `ext::` (they run commands), no password in the address (it would be shown with the trigger).
 *
 * @throws TriggerInvalidError
 */
export function checkGitSource({ repository, ref }: GitSource): void {
  const problem = problemOf(repository);
  if (problem !== null) throw new TriggerInvalidError("The repository", problem);
  // What git-check-ref-format(1) allows, and nothing that could be taken for an option or a range.
  if (!/^[A-Za-z0-9_][A-Za-z0-9_./+@-]*$/.test(ref) || /\.\.|\/\/|@\{|\.lock$|[./]$|\/\./.test(ref)) {
    throw new TriggerInvalidError("The branch or tag", "git allows no such name");
  }
}

/** The path of a repository on this host; null for one elsewhere. */
export function localPath(repository: string): string | null {
  if (repository.startsWith("file://")) return fileURLToPath(repository);
  return isAbsolute(repository) ? repository : null;
}

function problemOf(text: string): string | null {
  if (/[\0-\x1f\x7f]/.test(text)) return "it holds control characters";
  if (isAbsolute(text)) return null;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "give it as https://…, file:///… or an absolute path";
  }
  if (url.protocol === "file:") return url.host === "" ? null : "a file:// address names no host";
  if (url.protocol !== "https:")
    return `it is read by https or from a path on the workers' host, not by ${url.protocol}`;
  return url.username === "" && url.password === "" ? null : "leave user and password out of it: it is shown to others";
}
