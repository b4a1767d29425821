import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Round } from "../round.ts";
import { until } from "../stage.ts";

/** A worker is killed in the middle of long commands: the next one adopts them, or ends and inspects them. */
export async function killDuringCommands(round: Round): Promise<void> {
  const { stage, random } = round;
  while (round.total() < round.kills) {
    const worker = await round.startWorker();
    const runs = await Promise.all([0, 1].map(() => round.submit("commands", { ms: random.int(1_000, 6_000) })));
    await until("the commands run", async () => {
      const { rows } = await stage.db.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM events WHERE run_id = ANY ($1::uuid[]) AND type = 'attempt.started'",
        [runs],
      );
      return rows[0]?.n === 4 ? true : undefined;
    });
    await delay(random.int(0, 1_500));
    worker.child.kill("SIGKILL");
    round.count("command");
  }
  await round.startWorker();
}

const small = ["workspaces", "executions", "blobs"];

/** Where this can't be done the reason; only root may mount a disk of its own, and containers often forbid even that. */
export function whyNoSmallDisk(): string | null {
  if (process.getuid?.() !== 0) return "only root can mount a small disk";
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "gantry-test", "/mnt"], { stdio: "ignore" });
    return null;
  } catch {
    return "this system lets nobody mount a small disk";
  }
}

/** The worker's disks are full while it runs commands and keeps their output; later there is room again. */
export async function fillDisks(round: Round): Promise<void> {
  const { stage } = round;
  const disks = small.map((name) => join(stage.dataDir, name));
  for (const disk of disks) {
    await mkdir(disk, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "gantry-test", disk]);
    round.cleanUp(async () => void execFileSync("umount", ["--lazy", disk]));
  }
  await round.startWorker();
  const ends = ["succeeded", "failed"];
  for (let count = 0; count < 3; count += 1) {
    await round.submit("filling", { ends, parameters: { bytes: 4_000_000 } });
    await round.submit("commands", { ms: 500, ends });
    await round.submit("sequence", { ms: 200 });
  }
  round.count("disk-full");
  await delay(4_000);
  for (const disk of disks) execFileSync("mount", ["-o", "remount,size=64m", disk]);
  await round.submit("filling", { parameters: { bytes: 4_000_000 } });
}
