import { constants } from "node:fs";
import { open, readdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { GantryError } from "@gantry/sdk";
import { safeText } from "@gantry/sdk/safe-text";
import { z } from "zod";
import { builtInTool, type MindTool } from "../mind/index.ts";

export const readSkillName = "skill.read";

/** Bytes of one file, and of the instructions of a repository. */
const largest = 64 * 1024;
const longestInstructions = 16 * 1024;
const mostSkills = 50;
/** Below a repository's root. */
const inRepository = join(".agents", "skills");

export interface Skill {
  name: string;
  description: string;
  /** Its folder, links followed. */
  folder: string;
}

/** The skills of a folder: each a folder of its own with a `SKILL.md` that says in its first lines what it is for. */
export async function readSkills(folder: string): Promise<Skill[]> {
  const names: string[] = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names
      .toSorted()
      .slice(0, mostSkills)
      .map(async (name): Promise<Skill | null> => {
        const text = await readWithin(folder, join(name, "SKILL.md"), largest).catch(() => null);
        const head = text === null ? null : /^---\r?\n([^]*?)\r?\n---/.exec(text)?.[1];
        const field = (key: string) => new RegExp(`^${key}:[ \\t]*(.+)$`, "m").exec(head ?? "")?.[1]?.trim();
        const [called, description] = [field("name"), field("description")];
        if (called === undefined || description === undefined || !/^[a-z0-9][a-z0-9-]{0,63}$/.test(called)) return null;
        return {
          name: called,
          description: safeText(description).slice(0, 300),
          folder: await realpath(join(folder, name)),
        };
      }),
  );
  return found.filter((one) => one !== null);
}

/** What a repository says of how to work in it: `AGENTS.md`, and skills. Anybody may have written it. */
export async function readRepository(folder: string): Promise<{ instructions: string | null; skills: Skill[] }> {
  const text = await readWithin(folder, "AGENTS.md", longestInstructions).catch(() => null);
  const inside = await realpathWithin(folder, inRepository).catch(() => null);
  return {
    instructions: text === null ? null : safeText(text),
    skills: inside === null ? [] : await readSkills(inside),
  };
}

/** Lists the skills, and reads their files. */
export function skillTool(skills: readonly Skill[], vouched: boolean): MindTool {
  const tool = builtInTool({
    name: readSkillName,
    title: `Read how to do something before you do it. There are: ${skills.map(({ name, description }) => `${name} (${description})`).join("; ")}`,
    effect: "reads",
    input: z.strictObject({
      skill: z.string(),
      file: z.string().min(1).max(300).default("SKILL.md").describe("A file that SKILL.md names"),
    }),
    vouched,
    async call({ skill, file }) {
      const found = skills.find(({ name }) => name === skill);
      if (found === undefined) throw new SkillFileError(`There is no skill ${safeText(skill).slice(0, 100)}.`);
      return safeText(await readWithin(found.folder, file, largest));
    },
  });
  return vouched ? tool : { ...tool, outside: true };
}

class SkillFileError extends GantryError {
  readonly code = "skill_file_refused";
}

/** @throws SkillFileError for what lies outside once links are followed */
async function realpathWithin(folder: string, file: string): Promise<string> {
  const root = await realpath(folder);
  const path = await realpath(join(root, file)).catch(() => null);
  if (path === null || !path.startsWith(root + sep)) throw new SkillFileError("There is no such file in its folder.");
  return path;
}

/** Never through a link that leads out, never a device or pipe, and no more than fits. */
async function readWithin(folder: string, file: string, most: number): Promise<string> {
  const path = await realpathWithin(folder, file);
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new SkillFileError("It is no file.");
    if (stat.size > most) throw new SkillFileError(`It has more than ${most} bytes.`);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(most), 0, most, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
