import { createTestContext, runTool } from "@gantry/sdk/testing";
import { expect, test } from "vitest";
import { ask } from "./ask.ts";

test("an answer names the tools that it is from, and a source that there isn't is left out", async () => {
  await using ctx = await createTestContext({
    think: ({ goal }) => ({
      output: {
        answer: `${goal} It is up.`,
        citations: [
          { source: 1, quote: "status 200" },
          { source: 9, quote: "made up" },
        ],
      },
      calls: [{ source: 1, tool: "check.http", input: {}, failed: false }],
      tainted: ["check.http"],
    }),
  });
  expect(await runTool(ask, "run", { question: "Is it up?" }, ctx)).toMatchObject({
    answer: "Is it up? It is up.",
    citations: [{ source: 1, tool: "check.http", quote: "status 200" }],
    tainted: ["check.http"],
  });
});
