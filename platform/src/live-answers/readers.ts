import type { AnswerPart } from "@gantry/sdk/api";
import { ToldPart } from "./live-answers.ts";

export interface Readers {
  /** Calls `onPart` with each part of answers of that run from then on, and with what was said so far of those under way. Returns how to stop that. */
  follow(at: { org: string; run: string }, onPart: (part: AnswerPart) => void): () => void;
  onPart(payload: string): void;
  close(): void;
}

/** Within the time that workers count on a reader who has said so. */
const renewMs = 5_000;
const runsPerNotice = 150;

/** The streams of this process that show answers while they come. Workers are told which runs they read. */
export function createReaders({ tell }: { tell(payloads: readonly string[]): Promise<void> }): Readers {
  const byRun = new Map<string, Set<{ org: string; onPart: (part: AnswerPart) => void }>>();
  const announce = (runs: readonly string[], whole: boolean): void => {
    const payloads: string[] = [];
    for (let at = 0; at < runs.length; at += runsPerNotice)
      payloads.push(JSON.stringify({ runs: runs.slice(at, at + runsPerNotice), whole }));
    if (payloads.length > 0) void tell(payloads);
  };
  const timer = setInterval(() => announce([...byRun.keys()], false), renewMs).unref();
  return {
    follow({ org, run }, onPart) {
      const readers = byRun.get(run) ?? new Set();
      const reader = { org, onPart };
      byRun.set(run, readers.add(reader));
      announce([run], true);
      return () => {
        readers.delete(reader);
        if (readers.size === 0 && byRun.get(run) === readers) byRun.delete(run);
      };
    },
    onPart(payload) {
      if (payload === "") return;
      const { data: told } = ToldPart.safeParse(JSON.parse(payload));
      if (told === undefined) return;
      const { org, run, ...part } = told;
      for (const reader of byRun.get(run) ?? []) if (reader.org === org) reader.onPart(part);
    },
    close: () => clearInterval(timer),
  };
}
