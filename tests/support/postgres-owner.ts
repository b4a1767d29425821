import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

/** What the process in `postgres-owner-process.ts` says first. */
export type OwnerReport =
  | { superuserUrl: string; adopted: boolean; serverPid: number }
  | { code: string; message: string };

export interface Owner {
  child: ChildProcess;
  report: OwnerReport;
  /** SIGKILL: it can do nothing about its server. */
  kill(): Promise<void>;
  /** Asks it to stop its server and end. */
  end(): Promise<void>;
}

/** A process of its own that starts the embedded server on `dataDir`, to be killed or refused. */
export async function startOwner(
  dataDir: string,
  program = path.join(import.meta.dirname, "postgres-owner-process.ts"),
): Promise<Owner> {
  const child = spawn(process.execPath, [program, dataDir], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(child, "exit");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    child,
    report: JSON.parse(line) as OwnerReport,
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    async end() {
      child.stdin.end();
      await gone;
    },
  };
}
