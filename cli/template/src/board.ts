import { randomUUID } from "node:crypto";
import { appendFile, readFile, rename, writeFile } from "node:fs/promises";

export interface Notice {
  id: string;
  text: string;
}

/** Notices in the order in which they were posted; none where there is no board yet. A line that isn't whole doesn't count. */
export async function readBoard(board: string): Promise<Notice[]> {
  const lines = (await contents(board)).split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Notice);
}

/** Does nothing when it is there already. */
export async function addNotice(board: string, notice: Notice): Promise<Notice[]> {
  const notices = await readBoard(board);
  if (notices.some(({ id }) => id === notice.id)) return notices;
  await appendFile(board, `${JSON.stringify(notice)}\n`);
  return [...notices, notice];
}

/** Does nothing when it isn't there. Whoever reads the board meanwhile sees all of the old or all of the new. */
export async function removeNotice(board: string, id: string): Promise<void> {
  const notices = await readBoard(board);
  const rest = notices.filter((one) => one.id !== id);
  if (rest.length === notices.length) return;
  const draft = `${board}.${randomUUID()}`;
  await writeFile(draft, rest.map((one) => `${JSON.stringify(one)}\n`).join(""));
  await rename(draft, board);
}

async function contents(board: string): Promise<string> {
  try {
    return await readFile(board, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
