import { existsSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Round } from "../round.ts";
import { leaseSeconds } from "../stage.ts";

/** A worker that is stopped for longer than its lease and then goes on, in the middle of its attempts. */
export async function stopPastLease(round: Round): Promise<void> {
  const { random } = round;
  const workers = await Promise.all([round.startWorker(), round.startWorker()]);
  while (round.total() < round.kills) {
    const shapes = ["sequence", "fan", "fire", "exclusive", "commands"] as const;
    for (let count = 0; count < 12; count += 1) {
      const parameters = { section: `s${random.int(1, 2)}` };
      await round.submit(random.pick(shapes), { ms: random.int(0, 400), parameters });
    }
    await delay(random.int(0, 600));
    const stopped = random.pick(workers);
    // Its commands run in processes of their own and go on.
    await round.withoutPersons(async () => {
      stopped.child.kill("SIGSTOP");
      await delay(leaseSeconds * 1_000 + random.int(1_000, 3_000));
      stopped.child.kill("SIGCONT");
      // What it still had to send is on its way now.
      await delay(1_000);
    });
    round.count("stop");
  }
}

const libraries = ["x86_64", "aarch64"].map((cpu) => `/usr/lib/${cpu}-linux-gnu/faketime/libfaketimeMT.so.1`);
export const fakeTime = libraries.find((file) => existsSync(file)) ?? null;

/** The wall clock of a worker jumps back and forth by hours; the monotonic one goes on. Another keeps the right time. */
export async function jumpClock(round: Round): Promise<void> {
  const { stage, random } = round;
  if (fakeTime === null) throw new Error("libfaketime is missing: apt-get install faketime");
  const file = join(stage.folder, "clock");
  const setClock = async (seconds: number): Promise<void> => {
    await writeFile(`${file}.new`, `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}s\n`);
    await rename(`${file}.new`, file);
  };
  await setClock(0);
  const env = {
    LD_PRELOAD: fakeTime,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
  await Promise.all([round.startWorker({ env }), round.startWorker()]);
  while (round.total() < round.kills) {
    for (let count = 0; count < 8; count += 1) await round.submitAny();
    for (let count = 0; count < 2; count += 1) await round.submit("commands", { ms: 1_000 });
    await setClock(random.int(-86_400, 86_400));
    round.count("clock");
    await delay(random.int(200, 2_500));
  }
}
