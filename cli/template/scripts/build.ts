import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";

// Node runs TypeScript as it is, except below node_modules. So what is published also holds the sources without their types.
const [source, target] = ["../src/", "../dist/"].map((folder) => new URL(folder, import.meta.url)) as [URL, URL];
await rm(target, { recursive: true, force: true });
for (const file of await readdir(source, { recursive: true })) {
  if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
  const code = stripTypeScriptTypes(await readFile(new URL(file, source), "utf8"));
  const built = new URL(file.replace(/\.ts$/, ".js"), target);
  await mkdir(new URL(".", built), { recursive: true });
  await writeFile(built, code.replaceAll(/(from\s+"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'));
}
