import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

/** The world outside: it counts effects, whoever asks for them and however often. */
export interface Ledger extends Disposable {
  port: number;
  /** How often each effect came about: by run, then by step. */
  effects: Map<string, Map<string, number>>;
  forget(): void;
  /** Resolves when there were that many. */
  reached(count: number): Promise<void>;
}

/** An effect comes about this long after it was asked for, and is confirmed this long after it came about. */
const wayMs = 10;

export async function openLedger(): Promise<Ledger> {
  const effects = new Map<string, Map<string, number>>();
  let total = 0;
  let goal: { count: number; resolve(): void } | undefined;
  const answer = async (question: string): Promise<string> => {
    const [kind, run = "", step = ""] = question.split(" ");
    if (kind === "inspect") return effects.get(run)?.has(step) ? "done" : "not_done";
    await delay(wayMs);
    const ofRun = effects.get(run) ?? new Map<string, number>();
    effects.set(run, ofRun.set(step, (ofRun.get(step) ?? 0) + 1));
    total += 1;
    if (goal && total >= goal.count) goal.resolve();
    await delay(wayMs);
    return "ok";
  };
  const server = createServer((socket) => {
    const hangUp = () => socket.destroy();
    socket.setNoDelay(true).on("error", hangUp);
    const lines = createInterface({ input: socket });
    // It passes the socket's error on: a worker that was killed.
    lines.on("error", hangUp);
    lines.on("line", async (line) => {
      const space = line.indexOf(" ");
      const said = await answer(line.slice(space + 1));
      if (socket.writable) socket.write(`${line.slice(0, space)} ${said}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    effects,
    forget: () => {
      effects.clear();
      total = 0;
    },
    reached: (count) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      goal = { count, resolve };
      return promise;
    },
    [Symbol.dispose]: () => void server.close(),
  };
}
