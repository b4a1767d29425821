import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { markedProcesses, processFacts, processTree, residentBytes, signalProcess } from "./processes.ts";
import type { ProcessRef } from "./processes.ts";
import type { ShimOrder, StopReason } from "./shim-protocol.ts";

/** A process that was seen once in the tree is remembered, so it is found again after it detached itself. */
const LOOK_EVERY_MS = 200;
const PAUSE_BETWEEN_KILLS_MS = 10;
const KILL_ROUNDS = 500;

export interface SupervisedTree {
  /** Asks the tool to stop (signal, grace, kill); `atOnce` leaves out the asking. The first reason counts. */
  stop(reason: StopReason, atOnce?: boolean): void;
  stopped(): StopReason | null;
  /** Call when the tool itself has ended: kills whatever it left behind and returns how many processes that were. */
  end(): Promise<number>;
}

/** Watches a tool and its descendants, keeps them within their limits, and leaves none of them behind. */
export function superviseTree({ tool, order }: { tool: ChildProcess | null; order: ShimOrder }): SupervisedTree {
  let reason: StopReason | null = null;
  let killTimer: NodeJS.Timeout | undefined;
  let known: ProcessRef[] = [];
  const root = tool?.pid === undefined ? null : refOf(tool.pid);
  const sandboxInit = order.sandboxed && tool !== null ? firstPidInSandbox(tool) : Promise.resolve(null);
  if (root !== null) known.push(root);

  const looking = setInterval(look, LOOK_EVERY_MS);

  function look(): void {
    known = processTree(known);
    const { memoryBytes, processes } = order;
    if (processes !== null && known.length > processes) stop("process_limit", true);
    else if (memoryBytes !== null && residentBytes(known, memoryBytes) > memoryBytes) stop("memory_limit", true);
  }

  function stop(why: StopReason, atOnce = false): void {
    reason ??= why;
    if (atOnce || order.gracePeriodMs <= 0) return kill();
    if (killTimer !== undefined) return;
    killTimer = setTimeout(kill, order.gracePeriodMs);
    void ask();
  }

  /** Only the tool itself is asked: it knows best in which order its helpers (providers, connections) must end. */
  async function ask(): Promise<void> {
    const init = await sandboxInit;
    const target = init === null ? root : processTree([init]).find((ref) => processFacts(ref.pid)?.parent === init.pid);
    if (target !== undefined && target !== null) signalProcess(target, order.stopSignal);
  }

  function kill(): void {
    clearTimeout(killTimer);
    if (root === null) return;
    known = processTree(known);
    try {
      process.kill(-root.pid, "SIGKILL");
    } catch {
      // The group is gone; single processes may still be there.
    }
    for (const ref of known) signalProcess(ref, "SIGKILL");
  }

  async function end(): Promise<number> {
    clearInterval(looking);
    clearTimeout(killTimer);
    const survivors = new Set<string>();
    for (let round = 0; round < KILL_ROUNDS; round++) {
      const left = [...processTree(known), ...markedProcesses(order.marker)].filter((ref) => ref.pid !== process.pid);
      if (left.length === 0) break;
      known = processTree(left);
      for (const ref of known) survivors.add(`${ref.pid}@${ref.ticks}`);
      kill();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_BETWEEN_KILLS_MS));
    }
    return survivors.size;
  }

  return { stop, stopped: () => reason, end };
}

function refOf(pid: number): ProcessRef | null {
  const facts = processFacts(pid);
  return facts === null ? null : { pid, ticks: facts.ticks };
}

/** bubblewrap tells it as `{"child-pid": n}` before it starts the program. */
async function firstPidInSandbox(bubblewrap: ChildProcess): Promise<ProcessRef | null> {
  let text = "";
  try {
    for await (const chunk of bubblewrap.stdio[3] as Readable) {
      text += String(chunk);
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
      if (pid !== undefined) return refOf(Number(pid));
    }
  } catch {
    // It ended before it told.
  }
  return null;
}
