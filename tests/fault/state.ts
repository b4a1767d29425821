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
  complaints: string[];
}

/** What was done so far; kept in a file where the work is long. */
export interface State {
  /** Where an interrupted test goes on; null for a new one. */
  readonly nextSeed: number | null;
  sum(): Sum;
  /** What was wrong so far, before an interruption too. */
  complaints(): readonly string[];
  /** The shard is begun: whoever goes on after an interruption takes another seed. */
  begin(seed: number): Promise<void>;
  add(line: ShardLine): Promise<void>;
  complain(what: string): Promise<void>;
}

/** @param file null: nothing is kept */
export async function openState(
  file: string | null,
  { fresh, only }: { fresh: boolean; only: string | null },
): Promise<State> {
  const nothing: Sum = { kills: 0, lost: 0, doubled: 0, unknown: 0, quarantined: 0, points: {} };
  const before = file === null || fresh ? null : await readStored(file);
  const goesOn = before !== null && before.only === only;
  const stored: Stored = goesOn ? before : { only, nextSeed: 0, sum: nothing, complaints: [] };
  const { sum, complaints } = stored;
  let saving = Promise.resolve();
  const save = async (): Promise<void> => {
    if (file === null) return;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.new`, JSON.stringify(stored));
    await rename(`${file}.new`, file);
  };
  const saved = (): Promise<void> => (saving = saving.then(save));
  return {
    nextSeed: goesOn ? stored.nextSeed : null,
    sum: () => sum,
    complaints: () => complaints,
    begin: (seed) => {
      stored.nextSeed = Math.max(stored.nextSeed, seed + 1);
      return saved();
    },
    add: (line) => {
      for (const key of ["kills", "lost", "doubled", "unknown", "quarantined"] as const) sum[key] += line[key];
      for (const [point, count] of Object.entries(line.points)) sum.points[point] = (sum.points[point] ?? 0) + count;
      const { seed, fault } = line;
      for (const { run, what } of line.complaints)
        complaints.push(`seed ${seed}, ${fault}${run === "" ? "" : `, run ${run}`}: ${what}`);
      return saved();
    },
    complain: (what) => {
      complaints.push(what);
      return saved();
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
