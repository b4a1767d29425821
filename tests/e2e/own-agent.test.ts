import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCatalog, loadAgents } from "../../platform/src/catalog/index.ts";
import { createTestCli, type TestCli } from "../support/cli.ts";
import { createInstallation, reaches, type Installation } from "../support/installation.ts";

const execute = promisify(execFile);

let folder: string;
let cli: TestCli;
let gantry: Installation | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-own-agent-"));
  cli = await createTestCli({ cwd: folder });
});

afterAll(async () => {
  await gantry?.[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test("a new agent's package outside the repository installs without a registry and passes its own tests", async () => {
  const made = await cli.run(["agent", "new", "greeter"]);
  expect(made).toMatchObject({ code: 0, stdout: `${join(folder, "gantry-agent-greeter")}\n` });
  await inPackage("npm", "install", "--offline");
  const { stdout } = await inPackage("npm", "test");
  expect(stdout).toMatch(/greeter\.post tells done from not done/);
  expect(stdout).toMatch(/fail 0\b/);
});

test("nothing is written over, and a name that can't be one is refused before anything is written", async () => {
  const again = await cli.run(["agent", "new", "greeter"]);
  expect(again.code).toBe(2);
  expect(again.stderr).toContain("code folder_not_empty");
  for (const name of ["Greeter", "../greeter", "greeter.post", ""]) {
    const refused = await cli.run(["agent", "new", name]);
    expect(refused.code).toBe(2);
  }
  expect(await readdir(folder)).toEqual(["gantry-agent-greeter"]);
});

test("its license is chosen, and --json says what was written and what comes next", async () => {
  const mine = await cli.run(["agent", "new", "mine", "--license", "MIT", "--sdk", "0.1.0", "--json"]);
  const { files, next } = JSON.parse(mine.stdout) as { files: string[]; next: string[] };
  expect(files).toEqual(expect.arrayContaining(["LICENSE", ".gitignore", "package.json", "src/tool.ts"]));
  expect(next[0]).toBe(`cd ${join(folder, "gantry-agent-mine")}`);
  const at = (file: string) => readFile(join(folder, "gantry-agent-mine", file), "utf8");
  expect(await at("LICENSE")).toMatch(/^MIT License\n\nCopyright \(c\) 20\d\d the authors of gantry-agent-mine\n/);
  expect(JSON.parse(await at("package.json"))).toMatchObject({
    name: "gantry-agent-mine",
    license: "MIT",
    devDependencies: { "@gantry/sdk": "0.1.0" },
  });
  await cli.run(["agent", "new", "secretive", "--license", "none"]);
  expect(JSON.parse(await readFile(join(folder, "gantry-agent-secretive/package.json"), "utf8"))).toMatchObject({
    license: "UNLICENSED",
    private: true,
  });
  expect(await readdir(join(folder, "gantry-agent-secretive"))).not.toContain("LICENSE");
});

test("installed by its path, it is planned, approved, run, verified and undone", async () => {
  gantry = await createInstallation({ GANTRY_AGENTS: join(folder, "gantry-agent-greeter") });
  expect((await gantry.start("all")).said).toMatchObject({ ready: true });
  const [server, approver] = [{ url: gantry.url, key: gantry.key }, await gantry.person("approver")];
  const board = gantry.file("board");
  const asked = ["greeter.post", "-e", "staging", "-p", `board=${board}`, "-p", "text=Hello"];

  const planned = await cli.run(["plan", ...asked], server);
  expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining("post") as string });
  const submitted = await cli.run(["run", ...asked], server);
  expect(submitted.code).toBe(3);
  const run = submitted.stdout.trim();
  const { hash, changeSet } = await approver.client.runs.changeSet(run);
  expect(changeSet).toMatchObject({ effect: "changes", blastRadius: { touches: [board] } });
  await approver.client.runs.approve(run, { hash });
  const done = await reaches(gantry.client, run, "succeeded");
  expect(done.steps[0]?.attempts.map(({ operation }) => operation)).toContain("verify");
  expect(await readFile(board, "utf8")).toBe(`${JSON.stringify({ id: `${run}/post`, text: "Hello" })}\n`);

  expect((await cli.run(["undo", run, "--reason", "only a try"], server)).code).toBe(3);
  const undo = await approver.client.runs.changeSet(run);
  await approver.client.runs.approve(run, { hash: undo.hash });
  await reaches(gantry.client, run, "undone");
  expect(await readFile(board, "utf8")).toBe("");
});

test("packed as it would be published, and installed below node_modules, it loads from its built files", async () => {
  const { stdout } = await inPackage("npm", "pack", "--json");
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string; files: { path: string }[] }];
  expect(packed.files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["LICENSE", "dist/index.js", "dist/tool.js"]),
  );
  expect(packed.files.map(({ path }) => path)).not.toContain("dist/agent.test.js");

  const sdk = join(import.meta.dirname, "../../sdk");
  const tarball = join(folder, "gantry-agent-greeter", packed.filename);
  await execute("npm", ["install", "--offline", "--no-audit", "--no-fund", sdk, tarball], { cwd: folder, env });
  const [agent] = await loadAgents([join(folder, "node_modules/gantry-agent-greeter")]);
  const { tools, runbooks } = await createCatalog(agent === undefined ? [] : [agent]);
  expect([...tools.keys(), ...runbooks.keys()]).toEqual(["greeter.post", "greeter.post"]);
});

const env = {
  PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
  HOME: tmpdir(),
  npm_config_cache: process.env["npm_config_cache"],
  npm_config_update_notifier: "false",
};

function inPackage(command: string, ...parameters: string[]) {
  return execute(command, parameters, { cwd: join(folder, "gantry-agent-greeter"), env });
}
