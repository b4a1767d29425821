import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ShardLine } from "./shard-line.ts";

export interface ShardRequest {
  seed: number;
  /** Faults to make once each, in their short form; null: draws until `kills` were made. */
  plan: readonly string[] | null;
  kills: number;
  /** Of one round, at most. */
  perRound: number;
  only: string | null;
}

const program = fileURLToPath(new URL("shard-process.ts", import.meta.url));

/** Carries a shard out in a process of its own; `note` gets each round as it ends. Resolves to whether it got to its end. */
export async function runShard(
  { seed, plan, kills, perRound, only }: ShardRequest,
  note: (line: ShardLine) => Promise<void>,
): Promise<boolean> {
  const args = ["--seed", String(seed), "--kills", String(kills), "--per-round", String(perRound)];
  if (plan !== null) args.push("--plan", plan.join(","));
  if (only !== null) args.push("--only", only);
  const child = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const reading = (async () => {
    for await (const text of createInterface({ input: child.stdout })) await note(JSON.parse(text) as ShardLine);
  })();
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  await reading;
  return code === 0;
}
