import { defineTool, z, type ToolContext } from "@gantry/sdk";
import { addNotice, readBoard, removeNotice } from "./board.ts";

const Notice = z.object({
  board: z.string().regex(/^\//, "must be an absolute path").describe("File of the board, on the worker's host"),
  text: z.string().min(1).max(500).describe("What the notice says"),
});

/** Puts a notice on a board, under the id of the step: so a lost attempt can be recognized, and is never posted twice. */
export const post = defineTool({
  name: "noticeboard.post",
  version: "0.1.0",
  title: "Post a notice",
  effect: "changes",
  idempotent: true,
  input: Notice,
  output: z.object({ id: z.string(), notices: z.int() }),

  preview: async ({ board, text }) => ({
    summary: `Posts a notice on ${board}.`,
    effect: "changes",
    counts: { add: 1, change: 0, destroy: 0 },
    touches: [board],
    diff: `+ ${text}`,
    undo: { possible: true, how: "The notice is taken off the board." },
  }),

  run: async ({ board, text }, ctx) => {
    ctx.signal.throwIfAborted();
    const id = idOf(ctx);
    const notices = await addNotice(board, { id, text });
    ctx.log("Posted the notice.", { board, id });
    return { id, notices: notices.length };
  },

  // Asked after a crash. "not_done" is a promise: it may be said only when nothing of the lost attempt can still come.
  inspect: async ({ board }, ctx) => {
    const [notices, id] = [await readBoard(board), idOf(ctx)];
    if (notices.some((one) => one.id === id)) return { status: "done", output: { id, notices: notices.length } };
    if (ctx.orphans === "gone") return { status: "not_done" };
    return { status: "unknown", detail: "The lost worker may still post it." };
  },

  verify: async ({ board, text }, { id }) => {
    const posted = (await readBoard(board)).find((one) => one.id === id);
    return {
      probes: [
        {
          name: "the notice is on the board",
          expected: text,
          actual: posted?.text ?? "",
          passed: posted?.text === text,
        },
      ],
    };
  },

  undo: async ({ board }, _output, ctx) => {
    await removeNotice(board, idOf(ctx));
    return { summary: `Took the notice off ${board}.` };
  },
});

/** The same for every attempt and operation of a step. */
function idOf({ runId, stepKey }: ToolContext): string {
  return `${runId}/${stepKey}`;
}
