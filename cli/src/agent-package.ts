import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { FolderNotEmptyError, UsageError } from "./errors.ts";

export type License = "Apache-2.0" | "MIT" | "none";

/** A whole package under the name that is replaced by the new agent's; it is type-checked and linted like everything else. */
const template = fileURLToPath(new URL("../template/", import.meta.url));
const templateName = "noticeboard";
const licenses = new URL("../licenses/", import.meta.url);

/** @throws {UsageError} */
export function readAgentName(text: string): string {
  if (/^[a-z][a-z0-9]{0,30}$/.test(text)) return text;
  throw new UsageError(
    `${JSON.stringify(text)} can't name an agent: it takes a lower-case letter, then lower-case letters or digits, 31 at most.`,
    "gantry agent new greeter",
  );
}

export interface AgentPackage {
  name: string;
  package: string;
  directory: string;
  /** Relative to the directory. */
  files: string[];
}

/** @throws {FolderNotEmptyError} Nothing is ever written over. */
export async function writeAgentPackage(options: {
  name: string;
  directory: string;
  license: License;
  /** As npm takes it; by default what this command line itself runs on. */
  sdk?: string | undefined;
  year: number;
}): Promise<AgentPackage> {
  const { name, directory, license, year, sdk = ownSdk() } = options;
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length > 0) throw new FolderNotEmptyError(directory);
  const written: AgentPackage = { name, package: `gantry-agent-${name}`, directory, files: [] };
  const write = async (file: string, text: string): Promise<void> => {
    const target = path.join(directory, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text, { flag: "wx" });
    written.files.push(file);
  };
  for (const file of await templateFiles()) {
    const text = (await readFile(path.join(template, file), "utf8")).replaceAll(templateName, name);
    if (file === "package.json") await write(file, manifest(text, { license, sdk }));
    // npm leaves files of that name out of what it packs.
    else
      await write(
        file === "gitignore" ? ".gitignore" : file,
        text.replaceAll(capitalized(templateName), capitalized(name)),
      );
  }
  if (license !== "none") {
    const text = await readFile(new URL(`${license}.txt`, licenses), "utf8");
    await write("LICENSE", text.replace("{year}", String(year)).replace("{package}", written.package));
  }
  return written;
}

async function templateFiles(): Promise<string[]> {
  const entries = await readdir(template, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => path.relative(template, path.join(entry.parentPath, entry.name))).toSorted();
}

const Manifest = z.looseObject({ devDependencies: z.record(z.string(), z.string()) });

function manifest(text: string, { license, sdk }: { license: License; sdk: string }): string {
  const { license: _template, ...rest } = Manifest.parse(JSON.parse(text));
  const licensed = license === "none" ? { license: "UNLICENSED", private: true } : { license };
  const complete = { ...rest, ...licensed, devDependencies: { ...rest.devDependencies, "@gantry/sdk": sdk } };
  return `${JSON.stringify(complete, null, 2)}\n`;
}

/** A checkout's SDK by its folder; one that was installed by its version. */
function ownSdk(): string {
  const file = createRequire(import.meta.url).resolve("@gantry/sdk");
  const folder = path.dirname(path.dirname(file));
  if (!folder.split(path.sep).includes("node_modules")) return `file:${folder}`;
  const { version } = z
    .object({ version: z.string() })
    .parse(createRequire(import.meta.url)(path.join(folder, "package.json")));
  return `^${version}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
