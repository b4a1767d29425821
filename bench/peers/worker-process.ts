import { fork } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync } from "node:fs";

/** A worker as its driver sees it. It speaks by messages: see `serve-worker.ts`. */
export interface WorkerProcess {
  pid: number;
  /** What it said when it was ready. */
  ready: unknown;
  ask(command: string, value?: unknown): Promise<unknown>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface WorkerProcessOptions {
  file: string;
  env: Readonly<Record<string, string>>;
  /** Of Node. */
  flags?: readonly string[];
  /** Takes stdout and stderr. */
  log: string;
}

/** It was killed, or died. */
export class WorkerEndedError extends Error {}

interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** @throws Error when it ends before it is ready */
export async function startWorkerProcess({ file, env, flags = [], log }: WorkerProcessOptions): Promise<WorkerProcess> {
  const out = openSync(log, "a");
  const child = fork(file, {
    env: { ...process.env, ...env },
    execArgv: [...flags],
    stdio: ["ignore", out, out, "ipc"],
  });
  closeSync(out);
  const gone = once(child, "exit");
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const ready = Promise.withResolvers<unknown>();
  // Answer number 0 says that it is ready.
  waiting.set(0, ready);
  child.on("message", ({ id, value, error }: Answer) => {
    const question = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) question?.resolve(value);
    else question?.reject(new Error(`${file}: ${error}`));
  });
  void gone.then(() => {
    for (const { reject } of waiting.values()) reject(new WorkerEndedError(`${file} ended; ${log} says why.`));
  });
  let questions = 0;
  return {
    ready: await ready.promise,
    pid: child.pid ?? 0,
    ask: (command, value) => {
      questions += 1;
      const question = Promise.withResolvers<unknown>();
      waiting.set(questions, question);
      child.send({ id: questions, command, value });
      return question.promise;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
