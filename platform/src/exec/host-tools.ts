import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { HostTool } from "@gantry/sdk/api";
import { findTool } from "./find-tool.ts";

/** Programs that built-in agents drive, each under the names that it goes by. What isn't there fails only the steps that want it. */
const programs = [
  { name: "git", commands: ["git"], args: ["--version"] },
  { name: "terraform", commands: ["terraform", "tofu"], args: ["version"] },
] as const;

/** Which of them this host has, tried out. */
export function probeHostTools(path: string): Promise<HostTool[]> {
  return Promise.all(programs.map((program) => probe(program, path)));
}

async function probe({ name, commands, args }: (typeof programs)[number], path: string): Promise<HostTool> {
  const [found] = (await Promise.allSettled(commands.map((command) => findTool(command, path)))).filter(
    (result) => result.status === "fulfilled",
  );
  if (found === undefined) return { name, version: null, problem: "not found" };
  try {
    const env = { PATH: path, CHECKPOINT_DISABLE: "1" };
    const { stdout } = await promisify(execFile)(found.value, [...args], { timeout: 10_000, env, cwd: "/" });
    return { name, version: stdout.trim().split("\n")[0]?.slice(0, 200) ?? "", problem: null };
  } catch (error) {
    const why = error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n")[0] : "";
    return { name, version: null, problem: `is there and doesn't run${why ? `: ${why.slice(0, 200)}` : ""}` };
  }
}
