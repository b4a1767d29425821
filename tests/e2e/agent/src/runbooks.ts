import { defineRunbook, type RunbookSpec } from "@gantry/sdk";
import { z } from "zod";
import { append } from "./files.ts";
import { demolish } from "./misbehave.ts";

const parameters = z.object({
  file: z.string(),
  text: z.string(),
  expect: z.string().optional(),
});

const appending: Omit<RunbookSpec<typeof parameters>, "name"> = {
  version: "1.0.0",
  title: "Append a line",
  parameters,
  plan: (plan, { file, text, expect }) =>
    void plan.step("append", append, { file, text, seconds: 0, ...(expect === undefined ? {} : { expect }) }),
};

export const appendRunbook = defineRunbook({ ...appending, name: "e2e.append" });
export const appendOrUndoRunbook = defineRunbook({ ...appending, name: "e2e.appendOrUndo", onFailure: "undo" });
export const demolishRunbook = defineRunbook({
  name: "e2e.demolish",
  version: "1.0.0",
  title: "Demolish",
  parameters: z.object({}),
  plan: (plan) => void plan.step("demolish", demolish, {}),
});
