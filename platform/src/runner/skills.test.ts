import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRepository, readSkills, skillTool } from "./skills.ts";

let root: string;
let repository: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "gantry-skills-"));
  repository = join(root, "repository");
  await mkdir(join(repository, ".agents/skills/release/steps"), { recursive: true });
  await writeFile(join(root, "secret"), "hunter2");
  await writeFile(join(repository, ".agents/skills/release/SKILL.md"), skill("release", "How releases are made"));
  await writeFile(join(repository, ".agents/skills/release/steps/first.md"), "Tag it.");
});
afterAll(() => rm(root, { recursive: true }));

const skill = (name: string, description: string) => `---\nname: ${name}\ndescription: ${description}\n---\n\nDo it.\n`;
const about = { id: "1", tainted: [], tools: new Map<number, string>(), checkLimits: () => {} };

test("a repository's skills are listed by what they say they are for, and read file by file", async () => {
  const { skills, instructions } = await readRepository(repository);
  expect(instructions).toBeNull();
  const tool = skillTool(skills, false);
  expect(tool.title).toContain("release (How releases are made)");
  expect(await tool.call?.({ skill: "release" }, about)).toContain("Do it.");
  expect(await tool.call?.({ skill: "release", file: "steps/first.md" }, about)).toBe("Tag it.");
  await expect(tool.call?.({ skill: "other" }, about)).rejects.toMatchObject({ code: "skill_file_refused" });
});

test("nothing is read through links that lead out, nothing above a folder, nothing too long, and no pipe or folder", async () => {
  const folder = join(repository, ".agents/skills");
  await symlink(join(root, "secret"), join(folder, "release/link.md"));
  await symlink(root, join(folder, "release/out"));
  await writeFile(join(folder, "release/long.md"), "x".repeat(64 * 1024 + 1));
  const tool = skillTool((await readRepository(repository)).skills, false);
  for (const file of ["link.md", "out/secret", "../../../../secret", "/etc/passwd", "long.md", "steps", "none.md"])
    await expect(tool.call?.({ skill: "release", file }, about)).rejects.toMatchObject({ code: "skill_file_refused" });

  await symlink(join(root, "secret"), join(repository, "AGENTS.md"));
  expect((await readRepository(repository)).instructions).toBeNull();
  await rm(join(repository, "AGENTS.md"));
  await writeFile(join(repository, "AGENTS.md"), "Use tabs.\u{E0041}");
  expect((await readRepository(repository)).instructions).toBe("Use tabs.");

  const elsewhere = join(root, "elsewhere");
  await mkdir(join(elsewhere, ".agents"), { recursive: true });
  await symlink(folder, join(elsewhere, ".agents/skills"));
  expect((await readRepository(elsewhere)).skills).toEqual([]);
});

test("what has no name and description for itself is no skill", async () => {
  const folder = join(root, "many");
  const heads = {
    plain: "Do it.",
    unnamed: "---\ndescription: x\n---\n",
    odd: skill("../odd", "x"),
    good: skill("good", "Fine"),
  };
  for (const [name, text] of Object.entries(heads)) {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, "SKILL.md"), text);
  }
  expect((await readSkills(folder)).map(({ name }) => name)).toEqual(["good"]);
  expect(await readSkills(join(root, "nowhere"))).toEqual([]);
});
