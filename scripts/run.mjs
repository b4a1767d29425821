// Runs a command of this repository: `node scripts/run.mjs <command> [arguments]`. Every npm script goes through here, so
// that each works as the very first thing in a fresh clone and on the pinned Node, whatever Node started it. Therefore
// this file and install.mjs are plain JavaScript for Node 14. (`node install && node command` in one npm script would not
// do: a shell that has looked up the machine's `node` once remembers it and never sees the one that was just installed.)
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ensureInstalled, root } from "./install.mjs";

const bin = join(root, "node_modules", ".bin");
const neededNode = 24;

main(process.argv[2], process.argv.slice(3)).catch((error) => {
  console.error(`gantry: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});

/**
 * @param {string | undefined} command
 * @param {string[]} parameters
 */
async function main(command, parameters) {
  await ensureInstalled();
  refuseOldNode();
  if (command === undefined) return;
  const local = join(bin, command);
  // Before the child is there, or a signal in between would end us and leave it behind.
  passSignals(() => child);
  const child = spawn(existsSync(local) ? local : command, parameters, {
    stdio: "inherit",
    env: { ...process.env, PATH: bin + delimiter + (process.env.PATH || "") },
  });
  child.on("error", (error) => {
    console.error(`gantry: could not start ${command}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exitCode = code === null ? 1 : code;
    else dieBy(signal);
  });
}

/** Where no binary of Node is published for this machine, its own must be new enough. */
function refuseOldNode() {
  if (existsSync(join(bin, "node")) || Number(process.versions.node.split(".")[0]) >= neededNode) return;
  throw new Error(
    `this needs Node ${neededNode} or newer and runs on ${process.version}; npm has no Node binary for ` +
      `${process.platform}-${process.arch} to use instead. Install Node ${neededNode} (https://nodejs.org) and run it again.`,
  );
}

/** @param {() => import("node:child_process").ChildProcess} child */
function passSignals(child) {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])) {
    process.on(signal, () => {
      // On a terminal Ctrl-C reaches the child by itself; twice would mean "give up at once" to it.
      if (signal === "SIGINT" && process.stdin.isTTY) return;
      child().kill(signal);
    });
  }
}

/** @param {NodeJS.Signals} signal */
function dieBy(signal) {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
