import { defineRunbook, defineTool, factsOf, type Capabilities, type DraftStep, type Tool } from "@gantry/sdk";
import { expect, test } from "vitest";
import { z } from "zod";
import { planOfDraft } from "./plan-of-draft.ts";

const look = defineTool({
  name: "shop.look",
  version: "1.0.0",
  title: "Look",
  effect: "reads",
  input: z.object({ host: z.string() }),
  output: z.object({ status: z.int(), hosts: z.array(z.object({ name: z.string() })) }),
  run: async () => ({ status: 200, hosts: [] }),
});
const restart = defineTool({
  name: "shop.restart",
  version: "1.0.0",
  title: "Restart",
  effect: "changes",
  input: z.object({ host: z.string() }),
  output: z.object({ pid: z.int() }),
  run: async () => ({ pid: 1 }),
});
const release = defineRunbook({
  name: "shop.release",
  version: "1.0.0",
  title: "Release",
  parameters: z.object({ host: z.string() }),
  plan: (builder, { host }) => void builder.step("restart", restart, { host }),
});
const tools = new Map(
  [look, restart].map((tool) => [tool.name, { tool, facts: factsOf(tool as unknown as Tool, "d") }]),
);
const known = { tools, runbooks: new Map([[release.name, { runbook: release }]]) } as unknown as Capabilities;

type Written = Partial<Omit<DraftStep, "input" | "each">> & { input?: unknown; each?: unknown };

const step = (id: string, name: string, { input = {}, each, ...rest }: Written = {}): DraftStep => ({
  id,
  title: id,
  why: "The goal needs it.",
  kind: "tool",
  name,
  input: JSON.stringify(input),
  after: [],
  when: "",
  each: each === undefined ? "" : JSON.stringify(each),
  parallel: 2,
  undo: "tool",
  ...rest,
});
const planOf = (...steps: DraftStep[]) =>
  planOfDraft(
    { summary: "", steps, onFailure: "undo", assumptions: [], questions: [] },
    { known, goal: "Restart what hangs", environment: "dev", variables: {}, tainted: ["planner.plan"] },
  );
const item = { $item: [] };
const hosts = { $ref: ["look", "hosts"] };
const lookStep = step("look", "shop.look", { input: { host: "a" } });

test("a draft holds loops, conditions, waits, references between steps, and what stays when the rest is undone", () => {
  const { steps, onFailure, tainted } = planOf(
    lookStep,
    step("pause", "duration", { kind: "wait", input: { ms: 1_000 }, after: ["look"] }),
    step("agree", "approval", { kind: "wait", input: { group: "dba" }, after: ["pause"] }),
    step("each", "shop.restart", {
      input: { host: { $item: ["name"] } },
      each: hosts,
      when: "steps.look.output.status != 200",
      after: ["agree"],
      undo: "none",
    }),
    step("again", "shop.look", { input: { host: { $join: ["p", { $ref: ["each", 0, "pid"] }] } } }),
  );
  expect(steps).toMatchObject([
    { id: "look" },
    { kind: "wait", for: { kind: "duration", ms: 1_000 } },
    { kind: "wait", for: { kind: "approval", group: "dba", count: 1 } },
    { each: hosts, parallel: 2, when: "steps.look.output.status != 200", undo: "none" },
    { input: { host: { $join: ["p", { $ref: ["each", 0, "pid"] }] } } },
  ]);
  expect({ onFailure, tainted }).toEqual({ onFailure: "undo", tainted: ["planner.plan"] });
});

test("a runbook's steps stand in the plan; per item, or with what only the run gives, it is a run of its own", () => {
  const runbook = (id: string, more: Written) => step(id, "shop.release", { kind: "runbook", ...more });
  const { steps } = planOf(
    lookStep,
    runbook("one", { input: { host: "a" }, when: "steps.look.output.status != 200" }),
    runbook("all", { input: { host: item }, each: ["a", "b"] }),
    runbook("later", { input: { host: { $ref: ["look", "hosts", 0, "name"] } } }),
  );
  expect(steps).toMatchObject([
    { id: "look" },
    { id: "one_restart", kind: "tool", when: "steps.look.output.status != 200" },
    { id: "all", kind: "run", runbook: "shop.release", each: ["a", "b"], parallel: 2 },
    { id: "later", kind: "run", parameters: { host: { $ref: ["look", "hosts", 0, "name"] } } },
  ]);
  expect(planOf(runbook("one", { input: { host: "a" } })).runbook).toMatchObject({ name: "shop.release" });
});

const faults: [string, DraftStep, RegExp][] = [
  [
    "a part that the tool doesn't give",
    step("b", "shop.restart", { input: { host: { $ref: ["look", "host"] } } }),
    /look\.host leads nowhere; there is look\.status, look\.hosts/,
  ],
  [
    "a list taken for a thing",
    step("b", "shop.restart", { input: { host: { $ref: ["look", "hosts", "name"] } } }),
    /there is look\.hosts\.0/,
  ],
  [
    "an item that doesn't fit",
    step("b", "shop.restart", { input: { host: item }, each: ["a", 2] }),
    /step b doesn't fit the tool shop\.restart: host/,
  ],
  [
    "parameters that don't fit an item",
    step("b", "shop.release", { kind: "runbook", input: { host: item }, each: [1] }),
    /shop\.release don't fit: host/,
  ],
  [
    "what is no list",
    step("b", "shop.restart", { input: { host: item }, each: "a" }),
    /steps\.b\.each: it must be the text of a JSON list/,
  ],
  [
    "a condition that is none",
    step("b", "shop.look", { input: { host: "a" }, when: "steps.look.output.status ==" }),
    /condition/i,
  ],
  [
    "a condition over a step that there isn't",
    step("b", "shop.look", { input: { host: "a" }, when: "steps.x.output.y" }),
    /"x"/,
  ],
  ["no item at a time", step("b", "shop.restart", { input: { host: item }, each: ["a"], parallel: 0 }), /parallel/],
  ["a wait for nothing", step("b", "tea", { kind: "wait" }), /steps\.b\.input/],
  ["a wait per item", step("b", "duration", { kind: "wait", input: { ms: 1 }, each: ["a"] }), /steps\.b\.each/],
  [
    "a runbook that isn't undone",
    step("b", "shop.release", { kind: "runbook", input: { host: "a" }, undo: "none" }),
    /steps\.b\.undo/,
  ],
  ["an input that is a list", step("b", "shop.look", { input: [] }), /the text of a JSON object/],
];

test.for(faults)("a draft with %s is refused with what is wrong", ([, broken, message]) => {
  expect(() => planOf(lookStep, broken)).toThrow(message);
});
