import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ShardLine } from "./shard-line.ts";

export interface Sum {
  kills: number;
  lost: number;
  doubled: number;
  unknown: number;
  quarantined: number;
  points: Record<string, number>;
}

interface Stored {
  only: string | null;
  nextSeed: number;
  sum: Sum;
}

/** What was done so far; kept in a file where the work is long. */
export interface State {
  /** Where an interrupted test goes on; null for a new one. */
  readonly nextSeed: number | null;
  kills(): number;
  sum(): Sum;
  add(seed: number, lines: readonly ShardLine[]): Promise<void>;
}

/** @param file null: nothing is kept */
export async function openState(
  file: string | null,
  { fresh, only }: { fresh: boolean; only: string | null },
): Promise<State> {
  const nothing: Sum = { kills: 0, lost: 0, doubled: 0, unknown: 0, quarantined: 0, points: {} };
  const before = file === null || fresh ? null : await readStored(file);
  const goesOn = before !== null && before.only === only;
  const sum = goesOn ? before.sum : nothing;
  let nextSeed = goesOn ? before.nextSeed : 0;
  let saving = Promise.resolve();
  const save = async (): Promise<void> => {
    if (file === null) return;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.new`, JSON.stringify({ only, nextSeed, sum } satisfies Stored));
    await rename(`${file}.new`, file);
  };
  return {
    nextSeed: goesOn ? nextSeed : null,
    kills: () => sum.kills,
    sum: () => sum,
    add: (seed, lines) => {
      for (const line of lines) {
        for (const key of ["kills", "lost", "doubled", "unknown", "quarantined"] as const) sum[key] += line[key];
        for (const [point, count] of Object.entries(line.points)) sum.points[point] = (sum.points[point] ?? 0) + count;
      }
      nextSeed = Math.max(nextSeed, seed + 1);
      saving = saving.then(save);
      return saving;
    },
  };
}

async function readStored(file: string): Promise<Stored | null> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Stored;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
