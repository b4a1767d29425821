#!/usr/bin/env node
// Starts the command line. Plain JavaScript, so that an old Node gets as far as saying what is wrong.
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { refuseNode } from "./node-version.js";

const refusal = refuseNode(process.version, process.execPath);
// A shell asks what could be typed next; it must not have to wait for all commands, and wants to hear of no trouble.
const completes = process.argv[2] === "__complete";
if (refusal === undefined) {
  keepCompiled();
  await import(new URL(completes ? "../src/completion/main.ts" : "../src/main.ts", import.meta.url).href);
} else if (!completes) {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}

/** Stripping types and compiling took half the time of a short command: 0.84 s of processor time without, 0.45 s with the cache. */
function keepCompiled() {
  // Coverage is less exact for functions that come from the cache.
  if (process.env.NODE_V8_COVERAGE) return;
  // The user's own folder: in a shared one, such as /tmp, somebody else could put code there. Node ignores one that it can't write.
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const folder = join(caches, "gantry", "compiled");
  module.enableCompileCache(folder);
  // For the platform, where this command starts it.
  process.env.NODE_COMPILE_CACHE ??= folder;
}
