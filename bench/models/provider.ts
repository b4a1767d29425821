import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** When a question had come to the provider, and when its answer had left: milliseconds of the machine's steady clock. */
export interface Passed {
  came: number;
  /** Of its words. */
  first: number;
  /** The last of them. */
  left: number;
}

export interface Provider extends AsyncDisposable {
  /** With the version in its path, as clients take it. */
  url: string;
  /** Of the calls since the last time, by the last twelve characters of what was asked; and how many there were. */
  take(): Promise<{ asked: number; times: Map<string, Passed> }>;
}

/** @param tool what its agents call */
export async function startProvider({ tool = "look" }: { tool?: string } = {}): Promise<Provider> {
  const child = fork(join(import.meta.dirname, "provider-process.ts"), { env: { ...process.env, BENCH_TOOL: tool } });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async take() {
      child.send("take");
      const [{ asked, times }] = (await once(child, "message")) as [{ asked: number; times: [string, Passed][] }];
      return { asked, times: new Map(times) };
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

/** Milliseconds of the machine's steady clock, the same in every process. */
export const clock = (): number => Number(process.hrtime.bigint()) / 1e6;
