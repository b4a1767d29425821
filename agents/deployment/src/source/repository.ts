import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/**
 * Where a repository is: https, or a path on this host. No ssh yet (it needs keys), no `git://` or `http://` (anyone on
 * the way could swap the code), no helpers such as `ext::` (they run commands), no password in the address (it would be
 * stored with the plan).
 */
export const Repository = z
  .string()
  .max(2_000)
  .superRefine((text, context) => {
    const problem = problemOf(text);
    if (problem) context.addIssue({ code: "custom", message: problem });
  });

/** The path of a repository on this host, or null for one elsewhere. */
export function localPath(repository: string): string | null {
  if (repository.startsWith("file://")) return fileURLToPath(repository);
  return isAbsolute(repository) ? repository : null;
}

/** A branch, tag or commit: nothing that git could take for an option, a range or a file. See git-check-ref-format(1). */
export const GitRef = z
  .string()
  .max(250)
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_./+@-]*$/,
    "A branch, tag or commit is letters, digits and _ . / + @ -, and doesn't start with a hyphen.",
  )
  .refine(
    (text) => !/\.\.|\/\/|@\{|\.lock$|[./]$|\/\./.test(text),
    "This isn't a name that git allows for a branch or tag.",
  );

function problemOf(text: string): string | null {
  if (/[\0-\x1f\x7f]/.test(text)) return "A repository's address can't hold control characters.";
  if (isAbsolute(text)) return null;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "Give the repository as https://…, file:///… or an absolute path.";
  }
  if (url.protocol === "file:") return url.host === "" ? null : "A file:// address names no host: file:///path.";
  if (url.protocol !== "https:")
    return `Repositories are fetched by https or from a path on this host, not by ${url.protocol}`;
  if (url.username || url.password) return "Leave user and password out of the address: it is stored with the plan.";
  return null;
}
