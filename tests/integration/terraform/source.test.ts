import { fetchConfiguration } from "@gantry/agent-terraform";
import { createTestContext, runTool } from "@gantry/sdk/testing";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

async function makeRepository() {
  const folder = await mkdtemp(join(tmpdir(), "gantry-repository-"));
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=author", "-c", "user.email=author@example.org", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim();
  git("init", "--quiet");
  await mkdir(join(folder, "stacks/network"), { recursive: true });
  await writeFile(join(folder, "stacks/network/main.tf"), "# one\n");
  await symlink("/etc/hostname", join(folder, "stacks/network/host.txt"));
  git("add", ".");
  git("commit", "--quiet", "-m", "one");
  const commit = git("rev-parse", "HEAD");
  await writeFile(join(folder, "stacks/network/main.tf"), "# two\n");
  git("commit", "--quiet", "-am", "two");
  return {
    folder,
    commit,
    repository: pathToFileURL(folder).href,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

test("a configuration comes from a commit of a repository, without its history and with links as plain files", async () => {
  await using source = await makeRepository();
  await using ctx = await createTestContext();
  const { repository, commit } = source;
  const fetched = await runTool(
    fetchConfiguration,
    "run",
    { source: { git: { repository, commit, path: "stacks/network" } } },
    ctx,
  );
  expect(fetched).toMatchObject({ commit, configuration: { path: "stacks/network" } });
  await ctx.files.restore(fetched.configuration.files, "kept");
  expect(await readdir(join(ctx.workdir, "kept"))).toEqual(["stacks"]);
  expect(await readFile(join(ctx.workdir, "kept/stacks/network/main.tf"), "utf8")).toBe("# one\n");
  expect(await readFile(join(ctx.workdir, "kept/stacks/network/host.txt"), "utf8")).toBe("/etc/hostname");
});

test("programs that a hostile host configuration names don't run", async () => {
  await using source = await makeRepository();
  await using ctx = await createTestContext();
  const marker = join(ctx.hostdir, "ran");
  const script = join(ctx.hostdir, "hostile.sh");
  await writeFile(script, `#!/bin/sh\ntouch ${marker}\n`);
  await chmod(script, 0o755);
  // A global configuration is where fsmonitor and hooks would come from.
  const hostile = await ctx.next({ commandEnvironment: { XDG_CONFIG_HOME: ctx.hostdir } });
  await mkdir(join(ctx.hostdir, "git"));
  await writeFile(join(ctx.hostdir, "git/config"), `[core]\n  fsmonitor = ${script}\n  hooksPath = ${ctx.hostdir}\n`);
  await writeFile(join(ctx.hostdir, "post-checkout"), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
  const { repository, commit } = source;
  await runTool(fetchConfiguration, "run", { source: { git: { repository, commit, path: "" } } }, hostile);
  expect(existsSync(marker)).toBe(false);
});

test("a commit or a folder that isn't there is said, with the address but without what stands before its @", async () => {
  await using source = await makeRepository();
  await using ctx = await createTestContext();
  const { repository, commit } = source;
  for (const git of [
    { repository, commit: "0".repeat(40), path: "" },
    { repository, commit, path: "stacks/none" },
  ])
    await expect(runTool(fetchConfiguration, "run", { source: { git } }, await ctx.next())).rejects.toMatchObject({
      code: "terraform_source_unavailable",
    });
  const withPassword = { repository: "https://user:password@localhost:1/none.git", commit, path: "" };
  const failed = await runTool(fetchConfiguration, "run", { source: { git: withPassword } }, await ctx.next()).catch(
    (error: unknown) => error as Error,
  );
  expect(failed).toMatchObject({ details: { repository: "https://localhost:1/none.git" } });
});

test("names that would leave the folder, hide, or replace what Gantry generates are refused", async () => {
  await using ctx = await createTestContext();
  for (const name of ["../main.tf", "/etc/main.tf", "a/../../b.tf", ".terraform/x", "gantry_backend_override.tf"])
    await expect(runTool(fetchConfiguration, "run", { source: { files: { [name]: "" } } }, ctx)).rejects.toMatchObject({
      code: "tool_input_invalid",
    });
  for (const repository of ["ext::sh -c id", "--upload-pack=id", "git://example.org/x"])
    await expect(
      runTool(fetchConfiguration, "run", { source: { git: { repository, commit: "0".repeat(40), path: "" } } }, ctx),
    ).rejects.toMatchObject({ code: "tool_input_invalid" });
});
