import { AmbiguousRefError, RefNotFoundError } from "../errors.ts";
import type { Git } from "./git.ts";

const wholeCommit = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const partOfCommit = /^[0-9a-f]{7,63}$/;

/**
 * Finds the commit that `ref` means in `repository` and fetches it, without its history where the other side allows.
 * @throws {RefNotFoundError} @throws {AmbiguousRefError} @throws {ToolFailedError} when the repository can't be read.
 */
export async function fetchCommit(git: Git, repository: string, ref: string): Promise<string> {
  // Only what could be meant: a large repository has more refs than the output of a command may be long.
  const names = ref === "HEAD" || ref.startsWith("refs/") ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const wanted = names.flatMap((name) => [name, `${name}^{}`]);
  const advertised = parseRefs((await git(["ls-remote", "--quiet", "--", repository, ...wanted])).stdout);
  const found = chooseRef(advertised, ref);
  if (found !== null) return fetchOne(git, repository, found);
  if (wholeCommit.test(ref)) return fetchOne(git, repository, ref);
  if (partOfCommit.test(ref)) return findCommit(git, repository, ref);
  throw new RefNotFoundError(ref, repository);
}

/** Names and commits of `git ls-remote`; `refs/tags/x^{}` is what the annotated tag x points to. */
export function parseRefs(output: string): Map<string, string> {
  const refs = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [commit, name] = line.split("\t");
    if (commit && name && wholeCommit.test(commit)) refs.set(name, commit);
  }
  return refs;
}

/** The commit of a branch or tag, null when there is none. @throws {AmbiguousRefError} when a branch and a tag differ. */
export function chooseRef(refs: ReadonlyMap<string, string>, ref: string): string | null {
  const commitOf = (name: string): string | undefined => refs.get(`${name}^{}`) ?? refs.get(name);
  const exact = ref === "HEAD" || ref.startsWith("refs/") ? commitOf(ref) : undefined;
  if (exact !== undefined) return exact;
  const matches = [`refs/heads/${ref}`, `refs/tags/${ref}`].filter((name) => refs.has(name));
  const commits = new Set(matches.map(commitOf));
  if (commits.size > 1) throw new AmbiguousRefError(ref, matches);
  return [...commits][0] ?? null;
}

async function fetchOne(git: Git, repository: string, commit: string): Promise<string> {
  const shallow = await git(
    ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", repository, commit],
    {
      okExitCodes: [0, 1, 128],
    },
  );
  // Some servers hand out only what a branch or tag points to.
  if (shallow.exitCode !== 0) await fetchAll(git, repository);
  return verify(git, repository, commit);
}

async function findCommit(git: Git, repository: string, part: string): Promise<string> {
  await fetchAll(git, repository);
  return verify(git, repository, part);
}

async function fetchAll(git: Git, repository: string): Promise<void> {
  const everything = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
  await git(["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--", repository, ...everything]);
}

async function verify(git: Git, repository: string, commit: string): Promise<string> {
  const result = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${commit}^{commit}`], {
    okExitCodes: [0, 1, 128],
  });
  const full = result.stdout.trim();
  if (result.exitCode !== 0 || !wholeCommit.test(full)) throw new RefNotFoundError(commit, repository);
  return full;
}
