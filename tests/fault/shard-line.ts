import type { Verdict } from "./judge.ts";

/** What came of one round of a shard. */
export interface ShardLine extends Verdict {
  seed: number;
  fault: string;
  kills: number;
  /** Kills by what they hit. */
  points: Record<string, number>;
  seconds: number;
}
