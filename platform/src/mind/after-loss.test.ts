import type { Inspection, Json } from "@gantry/sdk";
import { expect, test } from "vitest";
import type { ModelCall } from "../models/types.ts";
import { scriptedAnswer } from "./testing/scripted-answer.ts";
import { think } from "./think.ts";
import { defaultLimits, type MindTool } from "./types.ts";

const about = { organization: "acme", project: null, environment: "dev", agent: "test", runId: "run" };

/** Goes on where a worker died that had announced a call. @returns what the model was told of it, and how often the tool ran */
async function goOn(inspect: (() => Promise<Inspection>) | undefined): Promise<{ told: unknown; ran: number }> {
  const call = { id: "c", name: "test__draft", input: { to: "a" } };
  const notes = [
    { thought: "1", turn: 1, kind: "answered", answer: scriptedAnswer({ finish: "tools", toolCalls: [call] }) },
    { thought: "1", turn: 1, kind: "calling", id: "0", tool: "test.draft" },
  ] as unknown as Json[];
  let ran = 0;
  const asked: ModelCall[] = [];
  const tool: MindTool = {
    name: "test.draft",
    title: "Draft",
    effect: "drafts",
    inputSchema: { type: "object" },
    problemsOf: () => [],
    call: () => {
      ran += 1;
      return Promise.resolve("drafted now");
    },
    ...(inspect && { inspect }),
  };
  const refuse = () => Promise.reject(new Error("Nothing here is long."));
  await think(
    {
      id: "1",
      goal: "Draft.",
      instructions: "You draft.",
      task: "write",
      tools: [tool],
      output: null,
      facts: [],
      tainted: [],
      limits: defaultLimits,
    },
    {
      answer: (one) => {
        asked.push(one);
        return Promise.resolve(scriptedAnswer({ text: "done" }));
      },
      notes,
      note: () => Promise.resolve(),
      keep: refuse,
      read: refuse,
      redact: (text) => text,
      log: () => {},
      now: Date.now,
      about,
      signal: new AbortController().signal,
    },
  );
  const told = asked[0]?.messages.flatMap((one) => (one.role === "tool" ? one.results : []))[0];
  return { told, ran };
}

test("a call that a worker's death interrupted is inspected: one that was carried out isn't made again", async () => {
  const { told, ran } = await goOn(() => Promise.resolve({ status: "done", output: "drafted before" }));
  expect(told).toMatchObject({ output: expect.stringContaining("drafted before") as string });
  expect(told).not.toHaveProperty("failed");
  expect(ran).toBe(0);
});

test("one that wasn't carried out is made now", async () => {
  const { told, ran } = await goOn(() => Promise.resolve({ status: "not_done" }));
  expect(told).toMatchObject({ output: expect.stringContaining("drafted now") as string });
  expect(ran).toBe(1);
});

test.each<[string, (() => Promise<Inspection>) | undefined, string]>([
  ["can't be inspected", undefined, "isn't known"],
  ["goes on", () => Promise.resolve({ status: "running", detail: "pid 7" }), "still going on (pid 7)"],
  ["is unknown", () => Promise.resolve({ status: "unknown", detail: "no trace" }), "isn't known (no trace)"],
  ["could not be inspected", () => Promise.reject(new Error("no route")), "could not be found out (no route)"],
])("of one that %s the model is told, and it isn't made again", async (_what, inspect, words) => {
  const { told, ran } = await goOn(inspect);
  expect(told).toMatchObject({ failed: true, output: expect.stringContaining(words) as string });
  expect(ran).toBe(0);
});
