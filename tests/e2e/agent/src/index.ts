/**
 * The agent of the end-to-end tests: small real effects on files and small misbehaving commands. Built with the SDK alone
 * and loaded by its URL, as a third party's would be.
 */
import { defineAgent } from "@gantry/sdk";
import { append, follow } from "./files.ts";
import { demolish, echo, execute, useProgram } from "./misbehave.ts";
import { appendOrUndoRunbook, appendRunbook, demolishRunbook } from "./runbooks.ts";
import { leak, leakChange } from "./leak.ts";

export const agent = defineAgent({
  name: "e2e",
  version: "1.0.0",
  title: "End-to-end tests",
  instructions: "Appends lines to files.",
  tools: [append, follow, echo, execute, useProgram, demolish, leak, leakChange],
  runbooks: [appendRunbook, appendOrUndoRunbook, demolishRunbook],
  packageUrl: new URL("..", import.meta.url).href,
});
