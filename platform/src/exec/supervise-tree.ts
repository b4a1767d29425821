import type { ChildProcess } from "node:child_process";
import { Readable } from "node:stream";
import type { Cgroup } from "./cgroup.ts";
import {
  killUntilNone,
  markedProcesses,
  processFacts,
  processRef,
  processTree,
  residentBytes,
  signalProcess,
} from "./processes.ts";
import type { ProcessRef } from "./processes.ts";
import type { ShimOrder, StopReason } from "./shim-protocol.ts";

/** A process that was seen once in the tree is remembered, so it is found again after it detached itself. */
const LOOK_EVERY_MS = 200;

export interface SupervisedTree {
  /** Asks the tool to stop (signal, grace, kill); `atOnce` leaves out the asking. The first reason counts. */
  stop(reason: StopReason, atOnce?: boolean): void;
  stopped(): StopReason | null;
  /** Call when the tool itself has ended: kills whatever it left behind and returns how many processes that were. */
  end(): Promise<number>;
  /** Call after `end`. False: the sandbox came to its end before it ran the tool. */
  ran(): Promise<boolean>;
}

interface SupervisedTool {
  /** Null when it could not be started. */
  tool: ChildProcess | null;
  order: ShimOrder;
  /** Its control group, where the host lets us make one. */
  group: Cgroup | null;
}

/** Watches a tool and its descendants, keeps them within their limits, and leaves none of them behind. */
export function superviseTree({ tool, order, group }: SupervisedTool): SupervisedTree {
  let reason: StopReason | null = null;
  let killTimer: NodeJS.Timeout | undefined;
  let killing = false;
  let known: ProcessRef[] = [];
  const root = tool?.pid === undefined ? null : processRef(tool.pid);
  const sandbox = order.sandboxed && tool !== null ? readStatus(tool) : noSandbox;
  if (root !== null) known.push(root);

  const looking = setInterval(look, LOOK_EVERY_MS);

  function look(): void {
    known = processTree(known);
    const { memoryBytes, processes } = order;
    if (group?.exceededProcesses() === true) stop("process_limit", true);
    else if (group?.exceededMemory() === true) stop("memory_limit", true);
    else if (processes !== null && known.length > processes) stop("process_limit", true);
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
    const init = await sandbox.init;
    const target = init === null ? root : processTree([init]).find((ref) => processFacts(ref.pid)?.parent === init.pid);
    if (target !== undefined && target !== null) signalProcess(target, order.stopSignal);
  }

  function kill(): void {
    clearTimeout(killTimer);
    if (root === null) return;
    known = processTree(known);
    killing = true;
    group?.forbidProcesses();
    killProcessGroup(root.pid);
    for (const ref of known) signalProcess(ref, "SIGKILL");
  }

  async function end(): Promise<number> {
    clearInterval(looking);
    clearTimeout(killTimer);
    // What the kernel refused or killed may have ended the tool before the next look.
    if (group?.exceededMemory() === true) reason ??= "memory_limit";
    if (group?.exceededProcesses() === true && !killing) reason ??= "process_limit";
    let found = false;
    const killed = await killUntilNone(() => {
      const left = [...known, ...markedProcesses(order.marker), ...(group?.processes() ?? [])];
      known = processTree(left.filter((ref) => ref.pid !== process.pid));
      // In one stroke, before its members are killed singly: they could fork faster than that.
      if (root !== null && (found ||= known.length > 0)) killProcessGroup(root.pid);
      return known;
    });
    group?.remove();
    // The sandbox's own first process may outlive bubblewrap by a moment; the tool didn't leave it.
    const init = sandbox.seen();
    return killed.filter((ref) => ref.pid !== init?.pid || ref.ticks !== init.ticks).length;
  }

  return { stop, stopped: () => reason, end, ran: () => sandbox.ran };
}

function killProcessGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // No member is left.
  }
}

interface SandboxStatus {
  init: Promise<ProcessRef | null>;
  /** The same as far as it is known now. */
  seen(): ProcessRef | null;
  ran: Promise<boolean>;
}

const noSandbox: SandboxStatus = { init: Promise.resolve(null), seen: () => null, ran: Promise.resolve(true) };

/**
 * bubblewrap writes `{"child-pid": n}` at first and `{"exit-code": n}` at the end, the latter only if it got as far as
 * running the tool. All of that must be read: it would die of a closed pipe.
 */
function readStatus(bubblewrap: ChildProcess): SandboxStatus {
  const told = bubblewrap.stdio[3];
  if (!(told instanceof Readable)) return noSandbox;
  const [init, ran] = [Promise.withResolvers<ProcessRef | null>(), Promise.withResolvers<boolean>()];
  let text = "";
  let seen: ProcessRef | null = null;
  told.on("data", (chunk) => {
    text += String(chunk);
    const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
    if (pid === undefined) return;
    seen ??= processRef(Number(pid));
    init.resolve(seen);
  });
  told.once("close", () => {
    init.resolve(null);
    ran.resolve(text.includes('"exit-code"'));
  });
  told.on("error", () => undefined);
  return { init: init.promise, seen: () => seen, ran: ran.promise };
}
