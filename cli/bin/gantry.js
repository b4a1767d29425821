#!/usr/bin/env node
// Starts the command line. Plain JavaScript, so that an old Node gets as far as saying what is wrong.
import { refuseNode } from "./node-version.js";

const refusal = refuseNode(process.version, process.execPath);
if (refusal === undefined) {
  await import(new URL("../src/main.ts", import.meta.url).href);
} else {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}
