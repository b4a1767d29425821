/** The worker's side of `worker-process.ts`. */
import { takeTimes } from "./step.ts";

interface Question {
  id: number;
  command: string;
  value: unknown;
}

type Commands = Readonly<Record<string, (value: unknown) => unknown>>;

/** Says that the worker is ready, then answers. It ends with whoever started it. */
export function serveWorker(commands: Commands = {}, ready: unknown = null): void {
  const all: Commands = { ...commands, times: takeTimes };
  process.on("message", async ({ id, command, value }: Question) => {
    try {
      process.send?.({ id, value: await all[command]?.(value) });
    } catch (error) {
      process.send?.({ id, error: String(error) });
    }
  });
  process.on("disconnect", () => process.exit(1));
  process.send?.({ id: 0, value: ready });
}
