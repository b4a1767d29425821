import { mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { ConfigFileInvalidError, FileUnreadableError } from "../errors.ts";

/**
 * The files of the command line, read and written. Imported by `config.ts`, which knows where they are, and by the commands that
 * change them.
 */

/** A server, how its key is found, and where work there goes unless something else is said. */
export const ServerContext = z.strictObject({
  url: z.string().optional(),
  key: z.string().min(1).optional(),
  /** Absolute. */
  keyFile: z.string().min(1).optional(),
  /** A program and its arguments: no shell reads it. */
  keyCommand: z.tuple([z.string().min(1)], z.string()).optional(),
  /** Absolute: certificates of the authority that vouches for the server. */
  caFile: z.string().min(1).optional(),
  project: z.string().min(1).optional(),
  environment: z.string().min(1).optional(),
});
export type ServerContext = z.infer<typeof ServerContext>;

export const UserFile = z.strictObject({
  current: z.string().optional(),
  contexts: z.record(z.string(), ServerContext).default({}),
});
export type UserFile = z.infer<typeof UserFile>;

/** The server on this machine; it has no address or key of its own in the file. */
export const localContext = "local";

/** @throws {ConfigFileInvalidError} also when others may read the keys in it, or write a command that would be run */
export function readUserFile(file: string): UserFile {
  const user = readJson(file, UserFile) ?? { contexts: {} };
  const confidential = Object.values(user.contexts).some(({ key, keyCommand }) => key ?? keyCommand);
  if (confidential && (statSync(file).mode & 0o077) !== 0) {
    throw new ConfigFileInvalidError(file, `it holds a key, and it isn't yours alone: chmod 600 ${file}`);
  }
  return user;
}

/** For nobody else, and whole: a reader in between sees the file as it was or as it is. */
export function writeUserFile(file: string, user: UserFile): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const target = realPath(file);
    const draft = `${target}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(user, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(draft, target);
  } catch (cause) {
    throw new FileUnreadableError(file, (cause as Error).message, { cause });
  }
}

/** Of a link, as those who keep their settings in a repository have it. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/** Undefined where there is no such file. @throws {ConfigFileInvalidError} @throws {FileUnreadableError} */
export function readJson<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigFileInvalidError(file, "it isn't JSON.", { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new ConfigFileInvalidError(file, parsed.error.issues.map(({ message }) => message).join("; "));
  return parsed.data;
}

export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return undefined;
    throw new FileUnreadableError(file, (cause as Error).message, { cause });
  }
}
