import { access, constants, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { ExecRefusedError, ToolNotFoundError } from "./errors.ts";

/**
 * The absolute path of a tool.
 * @param path Folders to look in, joined by colons; absolute ones only.
 * @throws {ToolNotFoundError} when no executable file of that name is there.
 * @throws {ExecRefusedError} for a relative path: what it means would depend on the working directory.
 */
export async function findTool(command: string, path: string): Promise<string> {
  if (isAbsolute(command)) {
    if (await isExecutable(command)) return command;
    throw new ToolNotFoundError(command, "an absolute path was given");
  }
  if (command === "" || command.includes("/") || command.includes("\0")) {
    throw new ExecRefusedError(
      `The command "${command}" is neither a name nor an absolute path. Name the tool as it is found on the PATH.`,
    );
  }
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, command);
    if (await isExecutable(candidate)) return candidate;
  }
  throw new ToolNotFoundError(command, path);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
