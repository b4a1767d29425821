import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { defineTool } from "@gantry/sdk";
import { z } from "zod";

const Line = z.object({
  file: z.string(),
  text: z.string(),
  /** How long the child takes before it writes. It says in `<file>.begun` that it has begun. */
  seconds: z.number().default(0),
  /** What the verification looks for, where it isn't the text. */
  expect: z.string().optional(),
});

/** Writes a line by a child that may take its time: once, whatever becomes of the worker. */
export const append = defineTool({
  name: "e2e.append",
  version: "1.0.0",
  title: "Append a line",
  effect: "changes",
  input: Line,
  output: z.object({ lines: z.int() }),
  resumable: true,
  preview: async ({ file, text }) => ({
    summary: `Appends a line to ${file}.`,
    effect: "changes",
    counts: { add: 1, change: 0, destroy: 0 },
    touches: [file],
    diff: `+ ${text}`,
    undo: { possible: true, how: "The line is taken out." },
  }),
  run: async ({ file, text, seconds }, ctx) => {
    const script = 'echo begun >> "$3.begun"; sleep "$2"; printf "%s\\n" "$1" >> "$3"; wc -l < "$3"';
    const { stdout } = await ctx.exec("sh", ["-c", script, "append", text, String(seconds), file], {
      writable: [dirname(file)],
    });
    return { lines: Number(stdout) };
  },
  inspect: async ({ file, text }, ctx) => {
    const lines = linesOf(file);
    if (lines.includes(text)) return { status: "done", output: { lines: lines.length } };
    return ctx.orphans === "gone"
      ? { status: "not_done" }
      : { status: "unknown", detail: "Its child may still write." };
  },
  verify: async ({ file, text, expect = text }) => ({
    probes: [
      {
        name: "the line is there",
        expected: expect,
        actual: linesOf(file).at(-1) ?? "",
        passed: linesOf(file).includes(expect),
      },
    ],
  }),
  undo: async ({ file, text }) => {
    const rest = linesOf(file).filter((line) => line !== text);
    writeFileSync(file, rest.map((line) => `${line}\n`).join(""));
    return { summary: `Took the line out of ${file}.` };
  },
});

/** Its preview shows a file that others may edit: what was approved can then be no longer what would happen. */
export const follow = defineTool({
  name: "e2e.follow",
  version: "1.0.0",
  title: "Copy a file",
  effect: "changes",
  input: z.object({ source: z.string(), file: z.string() }),
  output: z.object({ copied: z.string() }),
  preview: async ({ source, file }) => ({
    summary: `Writes ${file}.`,
    effect: "changes",
    counts: { add: 1, change: 0, destroy: 0 },
    touches: [file],
    diff: readFileSync(source, "utf8"),
    undo: { possible: false, how: "It is left." },
  }),
  run: async ({ source, file }) => {
    const copied = readFileSync(source, "utf8");
    writeFileSync(file, copied);
    return { copied };
  },
});

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
}
