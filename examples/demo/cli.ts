import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { quoteIndent, type Narrator } from "./narrator.ts";
import { withoutGantry } from "./platform.ts";
import { exits } from "./ship.ts";
import type { Stage } from "./stage.ts";

const program = fileURLToPath(new URL("../../cli/bin/gantry.js", import.meta.url));

/** Somebody who uses Gantry: a name, and an API key of their own. */
export interface Person {
  readonly name: string;
  readonly key: string;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs `gantry` as a process of its own, as that person would at a terminal. */
export type Gantry = (
  person: Person,
  args: readonly string[],
  /** `all` quotes what the command printed, `line` only the command. */
  options?: { show?: "all" | "line" | "nothing"; onLine?: (line: string) => void },
) => Promise<CommandResult>;

export function createGantry(deps: { url: string; stage: Stage; narrator: Narrator; signal: AbortSignal }): Gantry {
  const { url, stage, narrator, signal } = deps;
  return async (person, args, { show = "line", onLine } = {}) => {
    signal.throwIfAborted();
    if (show !== "nothing") narrator.command(`gantry ${args.map(shown).join(" ")}   (${person.name})`);
    const env = {
      ...withoutGantry(process.env),
      HOME: stage.home,
      XDG_CONFIG_HOME: stage.home,
      XDG_CACHE_HOME: stage.cache,
      // So that what is quoted fits.
      COLUMNS: String(narrator.width - quoteIndent),
      GANTRY_URL: url,
      GANTRY_KEY: person.key,
      NO_COLOR: "1",
    };
    const result = await collect([program, ...args], { cwd: stage.folder, env, signal }, (line) => {
      if (show === "all") narrator.quote(line);
      onLine?.(line);
    });
    // What went wrong is shown also of a command whose output isn't.
    if (result.exitCode === exits.failed && show !== "all")
      result.stderr.split("\n").forEach((line) => narrator.quote(line));
    return result;
  };
}

function collect(
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
  onLine: (line: string) => void,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const result: CommandResult = { exitCode: 1, stdout: "", stderr: "" };
    const listen = (stream: "stdout" | "stderr") => {
      let rest = "";
      child[stream].setEncoding("utf8").on("data", (chunk: string) => {
        result[stream] += chunk;
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        lines.forEach(onLine);
      });
      child[stream].on("end", () => {
        if (rest !== "") onLine(rest);
      });
    };
    listen("stdout");
    listen("stderr");
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...result, exitCode: code ?? 1 }));
  });
}

/** As it would have to be typed; long values shortened, they are for reading. */
function shown(argument: string): string {
  const short = argument.length > 60 ? `${argument.slice(0, 57)}...` : argument;
  return /^[\w@%+=:,./-]+$/.test(short) ? short : `'${short}'`;
}
