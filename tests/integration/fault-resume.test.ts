import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { compiledProgram } from "../support/compiled.ts";

const program = join(import.meta.dirname, "../fault/main.ts");

test(
  "a long fault test that is interrupted goes on behind the rounds that had ended",
  { timeout: 600_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "gantry-fault-resume-"));
    const state = join(folder, "state.json");
    const first = startFaults(state);
    const seed = await first.says(/^seed (\d+): connections$/m);
    await first.says(/^1 of 2 kills/m);
    first.child.kill("SIGKILL");
    expect(await sumIn(state)).toMatchObject({ kills: 1, points: { "unheard-commit": 1 } });

    const second = startFaults(state);
    await second.says(/^going on after 1 kills$/m);
    expect(await second.says(/^seed (\d+): connections$/m)).toBe(seed + 1);
    const [code] = (await once(second.child, "close")) as [number | null];
    expect(second.said()).toMatch(/^kills=2 lost=0 doubled=0 unknown=\d+$/m);
    expect([code, await sumIn(state)]).toMatchObject([0, { kills: 2, points: { "unheard-commit": 2 } }]);

    // The shard of the first saw its end, and took its installation along.
    while (await isShardLeft(seed)) await delay(50);
    await rm(folder, { recursive: true });
  },
);

/** Two rounds of one cut each, one after the other. */
function startFaults(state: string) {
  const args = ["--kills", "2", "--per-round", "1", "--shards", "1", "--only", "connections", "--state", state];
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...compiledProgram, CI: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  return {
    child,
    said: () => said,
    /** Resolves with the number in it. */
    async says(pattern: RegExp): Promise<number> {
      for (;;) {
        const found = pattern.exec(said);
        if (found) return Number(found.slice(1).find((part) => part !== undefined));
        if (child.exitCode !== null) throw new Error(`It ended without saying ${String(pattern)}: ${said}`);
        await delay(20);
      }
    },
  };
}

async function sumIn(state: string): Promise<unknown> {
  return (JSON.parse(await readFile(state, "utf8")) as { sum: unknown }).sum;
}

async function isShardLeft(seed: number): Promise<boolean> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return lines.some((line) => line.includes("shard-process.ts\0--seed\0" + seed + "\0"));
}
