import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestContext, runTool } from "@gantry/sdk/testing";
import type { TestContext } from "@gantry/sdk/testing";
import { createServiceRepository } from "../testing/service-repository.ts";
import { fetchSource } from "./fetch.ts";

test("branches, tags, whole and shortened commits all come down to one exact commit", async () => {
  using repository = createServiceRepository();
  const first = repository.commit({ version: "1" });
  repository.git("tag", "--annotate", "v1", "-m", "First");
  const second = repository.commit({ version: "2" });
  await using ctx = await createTestContext();
  const commitOf = async (ref: string): Promise<string> => (await fetch(repository.path, ref, ctx)).commit;
  expect(await commitOf("v1")).toBe(first);
  expect(await commitOf("main")).toBe(second);
  expect(await commitOf("HEAD")).toBe(second);
  expect(await commitOf("refs/heads/main")).toBe(second);
  expect(await commitOf(first)).toBe(first);
  expect(await commitOf(first.slice(0, 9))).toBe(first);
  expect((await fetch(`file://${repository.path}`, "main", ctx)).commit).toBe(second);
});

test("the files are those of the commit, without git's own, and the manifest has its defaults filled in", async () => {
  using repository = createServiceRepository();
  repository.commit({ version: "1" });
  await using ctx = await createTestContext();
  const { source, subject, procedure } = await fetch(repository.path, "main", ctx);
  await ctx.files.restore(source, "tree");
  expect(existsSync(join(ctx.workdir, "tree", ".git"))).toBe(false);
  expect(JSON.parse(readFileSync(join(ctx.workdir, "tree", "service.json"), "utf8"))).toEqual({ version: "1" });
  expect(subject).toBe("Version 1");
  expect(procedure).toMatchObject({
    build: [],
    start: ["node", "service.js"],
    network: "none",
    versionPath: "/version",
  });
  expect(procedure.health).toMatchObject({ path: "/health", expectStatus: 200, consecutive: 2 });
});

test("a name that is a branch and a tag of different commits is refused, with the full names to choose from", async () => {
  using repository = createServiceRepository();
  repository.commit({ version: "1" });
  repository.git("tag", "twice");
  repository.commit({ version: "2" });
  repository.git("branch", "twice");
  await using ctx = await createTestContext();
  await expect(fetch(repository.path, "twice", ctx)).rejects.toMatchObject({
    code: "ref_ambiguous",
    message: expect.stringContaining("refs/tags/twice"),
  });
});

test.each(["missing", "0123456789abcdef0123456789abcdef01234567", "abcdef0"])(
  "%s, which isn't there, is named",
  async (ref) => {
    using repository = createServiceRepository();
    repository.commit({ version: "1" });
    await using ctx = await createTestContext();
    await expect(fetch(repository.path, ref, ctx)).rejects.toMatchObject({ code: "ref_not_found" });
  },
);

test.each([
  "--upload-pack=touch pwned",
  "-x",
  "a..b",
  "main;id",
  "main\nid",
  "a b",
  "refs/heads/a.lock",
  "@{-1}",
  "x^{}",
  "",
])("the ref %j never reaches git", async (ref) => {
  await using ctx = await createTestContext();
  await expect(fetch("/repository", ref, ctx)).rejects.toMatchObject({ code: "tool_input_invalid" });
  expect(ctx.commands.filter((command) => command.includes("ls-remote"))).toEqual([]);
});

test.each([
  "ext::sh -c id",
  "--upload-pack=id",
  "git://example.com/x",
  "http://example.com/x",
  "ssh://example.com/x",
  "https://user:password@example.com/x",
  "file://server/share",
  "relative/path",
])("the repository %j is refused", async (repository) => {
  await using ctx = await createTestContext();
  await expect(fetch(repository, "main", ctx)).rejects.toMatchObject({ code: "tool_input_invalid" });
});

test("another user's repository can be read", async () => {
  using repository = createServiceRepository();
  const commit = repository.commit({ version: "1" });
  // git's own switch for testing that case, which takes root otherwise.
  await using ctx = await createTestContext({ commandEnvironment: { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" } });
  expect((await fetch(repository.path, "main", ctx)).commit).toBe(commit);
});

test("nothing that a hostile repository configures is run", async () => {
  using repository = createServiceRepository();
  await using ctx = await createTestContext();
  const proof = join(ctx.workdir, "proof");
  const run = `touch ${proof}`;
  writeFileSync(join(repository.path, ".gitattributes"), "* filter=evil diff=evil\n");
  writeFileSync(
    join(repository.path, ".gitmodules"),
    `[submodule "x"]
	path = x
	url = https://example.invalid/x
`,
  );
  repository.commit({ version: "1" });
  for (const [name, value] of [
    ["core.fsmonitor", run],
    ["core.sshCommand", run],
    ["filter.evil.smudge", run],
    ["filter.evil.process", run],
    ["uploadpack.packObjectsHook", run],
  ] as const)
    repository.git("config", name, value);
  mkdirSync(join(repository.path, ".git", "hooks"), { recursive: true });
  for (const hook of ["post-checkout", "pre-auto-gc", "reference-transaction", "post-index-change"])
    writeFileSync(join(repository.path, ".git", "hooks", hook), `#!/bin/sh\n${run}\n`, { mode: 0o755 });
  await fetch(repository.path, "main", ctx);
  expect(existsSync(proof)).toBe(false);
});

test("a submodule whose address is an option makes git refuse the objects", async () => {
  using repository = createServiceRepository();
  repository.commitFiles({ ".gitmodules": `[submodule "x"]\n\tpath = x\n\turl = -u./payload\n` });
  await using ctx = await createTestContext();
  await expect(fetch(repository.path, "main", ctx)).rejects.toMatchObject({ code: "tool_failed" });
});

test.each([
  ["/etc/passwd", "absolute"],
  ["../../outside", "out of the tree"],
])("a link to %s in the tree is refused", async (target, why) => {
  using repository = createServiceRepository();
  symlinkSync(target, join(repository.path, "link"));
  repository.commit({ version: "1" });
  await using ctx = await createTestContext();
  await expect(fetch(repository.path, "main", ctx)).rejects.toMatchObject({
    code: "unsafe_tree",
    message: expect.stringContaining(why),
  });
});

test("parameters win over the repository's manifest, and a manifest that says nonsense is refused with its place", async () => {
  using repository = createServiceRepository();
  repository.commit({ version: "1" });
  await using ctx = await createTestContext();
  const input = { service: "web", repository: repository.path, ref: "main" };
  const { procedure } = await runTool(fetchSource, "run", { ...input, overrides: { health: { path: "/ready" } } }, ctx);
  expect(procedure.health).toMatchObject({ path: "/ready", consecutive: 2 });

  repository.commitFiles({ "gantry.service.json": `{"start": "node server.js"}` });
  await expect(fetch(repository.path, "main", await ctx.next())).rejects.toMatchObject({
    code: "manifest_invalid",
    message: expect.stringContaining("start"),
  });
});

async function fetch(repository: string, ref: string, ctx: TestContext) {
  return runTool(fetchSource, "run", { service: "web", repository, ref, overrides: {} }, await ctx.next());
}
