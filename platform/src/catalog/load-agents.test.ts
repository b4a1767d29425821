import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCatalog } from "./catalog.ts";
import { loadAgents } from "./load-agents.ts";

let folder: string;
let packages = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-agents-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("an agent is loaded by the path of its folder, of its main file, relative to here, and by URL", async () => {
  const { root } = await agentAt("", { exports: { ".": { source: "./src/index.js", default: "./dist/index.js" } } });
  const places = [root, join(root, "src/index.js"), `./${relative(".", root)}`, pathToFileURL(root).href];
  const loaded = await loadAgents(places);
  expect(loaded.map(({ name }) => name)).toEqual(["shop", "shop", "shop", "shop"]);
});

test("below node_modules it is loaded as it was built", async () => {
  const manifest = { exports: { ".": { source: "./src/index.ts", default: "./src/index.js" } } };
  const { root } = await agentAt("node_modules/", manifest);
  expect((await loadAgents([root]))[0]?.name).toBe("shop");
});

test("a changed file changes the digest of the agent's tools, also below node_modules; what it installed doesn't", async () => {
  const { root, agent } = await agentAt("node_modules/");
  const digest = async () => (await createCatalog([agent])).tools.get("shop.open")?.facts.digest;
  const before = await digest();
  await write(join(root, "node_modules/other/index.js"), "export const other = 1;");
  expect(await digest()).toBe(before);
  await write(join(root, "src/helper.js"), "export const helper = 1;");
  expect(await digest()).not.toBe(before);
});

test.each([
  ["nowhere", "there is no such file or folder"],
  ["empty", 'its folder needs a package.json whose "exports" names its main file'],
])("a path that leads to no package says so: %s", async (name, why) => {
  await mkdir(join(folder, "empty"), { recursive: true });
  await expect(loadAgents([join(folder, name)])).rejects.toMatchObject({
    code: "agent_invalid",
    message: expect.stringContaining(why) as string,
  });
});

async function agentAt(below: string, manifest: object = { exports: "./src/index.js" }) {
  const root = join(folder, `${below}package-${packages++}`);
  await write(join(root, "package.json"), JSON.stringify({ type: "module", ...manifest }));
  const zod = import.meta.resolve("zod");
  await write(
    join(root, "src/index.js"),
    `import { z } from ${JSON.stringify(zod)};
     const tool = { name: "shop.open", effect: "reads", spec: { name: "shop.open", version: "1.0.0", effect: "reads", input: z.object({}), output: z.object({}) } };
     export const agent = { name: "shop", spec: { name: "shop", tools: [tool], runbooks: [], packageUrl: new URL("..", import.meta.url).href } };`,
  );
  const [agent] = await loadAgents([join(root, "src/index.js")]);
  if (agent === undefined) throw new Error("It wasn't loaded.");
  return { root, agent };
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
