import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ShardLine } from "./shard-line.ts";

export interface ShardRequest {
  seed: number;
  /** Faults to make once each, in their short form; null: draws until `kills` were made. */
  plan: readonly string[] | null;
  kills: number;
  only: string | null;
}

const program = fileURLToPath(new URL("shard-process.ts", import.meta.url));

/** Carries a shard out in a process of its own; `note` gets each round as it ends. */
export async function runShard(
  { seed, plan, kills, only }: ShardRequest,
  note: (line: ShardLine) => void,
): Promise<{ ok: boolean; lines: ShardLine[] }> {
  const args = ["--seed", String(seed), "--kills", String(kills)];
  if (plan !== null) args.push("--plan", plan.join(","));
  if (only !== null) args.push("--only", only);
  const child = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines: ShardLine[] = [];
  const reading = (async () => {
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as ShardLine;
      lines.push(line);
      note(line);
    }
  })();
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  await reading;
  return { ok: code === 0, lines };
}
