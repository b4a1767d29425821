import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestContext, runTool } from "@gantry/sdk/testing";
import type { TestContext } from "@gantry/sdk/testing";
import { buildRelease } from "./build.ts";
import { resolveProcedure } from "./manifest.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

test("the build commands run in the tree, in order, and what they leave is the release", async () => {
  await using ctx = await createTestContext();
  const node = (script: string): string[] => ["node", "-e", script];
  const { release, files } = await build(ctx, [
    node("require('fs').writeFileSync('one', 'built')"),
    node("require('fs').copyFileSync('one', 'two')"),
  ]);
  expect(release).toMatch(/^0123456789ab-[0-9a-f]{8}$/);
  await ctx.files.restore(files, "result");
  expect(readFileSync(join(ctx.workdir, "result", "two"), "utf8")).toBe("built");
});

test("building again in the same run gives the same release, another run gives another", async () => {
  await using ctx = await createTestContext({ runId: "run-1" });
  const first = await build(ctx, []);
  expect((await build(await ctx.next(), [])).release).toBe(first.release);
  expect((await build(await ctx.next({ runId: "run-2" }), [])).release).not.toBe(first.release);
});

test("a build that fails says which command, and nothing is kept", async () => {
  await using ctx = await createTestContext();
  await expect(build(ctx, [["node", "-e", "console.error('no such module'); process.exit(3)"]])).rejects.toMatchObject({
    code: "tool_failed",
    message: expect.stringContaining("no such module"),
  });
});

test("a build can't smuggle in a link to the host's files", async () => {
  await using ctx = await createTestContext();
  const smuggle = build(ctx, [["node", "-e", "require('fs').symlinkSync('/etc/passwd', 'page.html')"]]);
  await expect(smuggle).rejects.toMatchObject({ code: "unsafe_tree" });
  expect(existsSync(join(ctx.hostdir, "deployment"))).toBe(false);
});

async function build(ctx: TestContext, commands: string[][]) {
  const tree = join(ctx.workdir, "source");
  mkdirSync(tree);
  writeFileSync(join(tree, "server.js"), "");
  const source = await ctx.files.save(tree);
  const procedure = resolveProcedure({ build: commands, start: ["node", "server.js"] }, {});
  return runTool(buildRelease, "run", { service: "web", commit, source, procedure }, ctx);
}
