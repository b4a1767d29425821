import { defineRunbook, z } from "@gantry/sdk";
import { post } from "./tool.ts";

export const postNotice = defineRunbook({
  name: "noticeboard.post",
  version: "0.1.0",
  title: "Post a notice",
  description: "Posts a notice on a board, verifies that it is there, and takes it off when the run is undone.",
  intents: ["post a notice", "put a notice on a board"],
  examples: ["post the notice 'maintenance at 22:00' on the board /srv/board"],
  parameters: z.object({
    board: z.string().describe("File of the board, an absolute path on the worker's host"),
    text: z.string().describe("What the notice says"),
  }),
  // One at a time on a board, over all runs.
  concurrencyKey: ({ board }) => `noticeboard/${board}`,
  plan: (plan, { board, text }) => void plan.step("post", post, { board, text }),
});
