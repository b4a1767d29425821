import { expect, test } from "vitest";
import { z } from "zod";
import { checkDerivedPlan, checkPlan, factsOf } from "../make-plan.ts";
import type { Plan } from "../plan.ts";
import { simulate, type Simulation } from "../testing/index.ts";
import { defineTool, type Tool } from "../tool.ts";
import { forkPlan } from "./fork.ts";

const look = defineTool({
  name: "test.look",
  version: "1.0.0",
  title: "Look",
  effect: "reads",
  input: z.looseObject({}),
  output: z.looseObject({}),
  run: async (input) => input,
});
const change = defineTool({
  ...look.spec,
  name: "test.change",
  effect: "changes",
  preview: async () => ({
    summary: "",
    effect: "changes" as const,
    counts: { add: 1, change: 0, destroy: 0 },
    touches: [],
    undo: { possible: true, how: "", limits: [] },
  }),
  undo: async () => ({ summary: "undone", left: [] }),
});
const tools = [look, change];
const tool = (id: string, name: string, rest: object = {}) => ({
  id,
  kind: "tool",
  agent: "test",
  tool: name,
  input: {},
  ...rest,
});

const planOf = (...steps: object[]): Plan =>
  ({
    format: 1,
    goal: "test",
    runbook: { name: "test.known", version: "1.0.0" },
    parameters: {},
    environment: "dev",
    onFailure: "stop",
    tools: [],
    steps,
  }) as unknown as Plan;

const chain = planOf(
  tool("read", "test.look", { input: { size: 2, image: { name: "shop", tags: ["a", "b"] } } }),
  tool("build", "test.change", { after: ["read"], input: { size: { $ref: ["read", "size"] } } }),
  tool("deploy", "test.change", { after: ["build"], input: { image: { name: "shop", tags: ["a"] }, count: 1 } }),
  tool("check", "test.look", { after: ["deploy"] }),
);

async function ended(plan: Plan): Promise<Simulation> {
  const run = await simulate(plan, { tools });
  await run.end();
  return run;
}

test("a fork takes over what stands before its point and carries out the rest with the edited input", async () => {
  await using source = await ended(chain);
  const fork = forkPlan(source.state, {
    from: "deploy",
    set: [
      { path: ["image", "tags", "1"], value: "b" },
      { path: ["labels", "team"], value: "shop" },
      { step: "check", path: ["url"], value: "http://127.0.0.1" },
    ],
  });
  expect(fork).toMatchObject({ kept: ["read", "build"], again: ["deploy", "check"], standing: ["deploy"] });
  expect(fork.plan.steps[2]).toMatchObject({
    input: { image: { name: "shop", tags: ["a", "b"] }, count: 1, labels: { team: "shop" } },
  });
  expect(fork.plan.runbook).toBeNull();
  expect(fork.plan.facts?.["build"]).toEqual({
    status: "succeeded",
    output: { size: 2 },
    from: { run: source.state.id, step: "build" },
  });
});

test("a plan from outside can't claim what another run came to", async () => {
  await using source = await ended(chain);
  const { plan } = forkPlan(source.state, { from: "deploy", set: [] });
  const known = {
    tools: new Map((tools as Tool[]).map((one) => [one.name, { tool: one, facts: factsOf(one, "d") }])),
    runbooks: new Map(),
  };
  expect(() => checkPlan(known, plan)).toThrow(/only a fork has facts/);
  expect(checkDerivedPlan(known, plan).facts).toEqual(plan.facts);
});

test("an approval that the plan asks for is asked for again, and what stood behind it waits for it", async () => {
  await using source = await ended(
    planOf(
      tool("read", "test.look"),
      { id: "gate", kind: "wait", after: ["read"], for: { kind: "approval", group: "approvers", count: 1 } },
      tool("build", "test.change", { after: ["gate"] }),
      tool("deploy", "test.change", { after: ["build"] }),
    ),
  );
  await source.approve();
  expect(source.state.status).toBe("succeeded");
  const { plan, kept, again } = forkPlan(source.state, { from: "deploy", set: [] });
  expect({ kept, again }).toEqual({ kept: ["read", "build"], again: ["gate", "deploy"] });
  expect(plan.steps.find(({ id }) => id === "deploy")?.after).toEqual(["build", "gate"]);
});

test("a loop and what was skipped are taken over; a loop is forked as a whole, with other items if wanted", async () => {
  await using source = await ended(
    planOf(
      tool("read", "test.look", { input: { hosts: ["a", "b"] } }),
      tool("never", "test.look", { when: "false", after: ["read"] }),
      tool("each", "test.look", {
        each: { $ref: ["read", "hosts"] },
        input: { host: { $item: [] } },
        after: ["never"],
      }),
      tool("last", "test.look", { after: ["each"] }),
    ),
  );
  const after = forkPlan(source.state, { from: "last", set: [] });
  expect(after.plan.facts).toMatchObject({
    never: { status: "skipped", output: null },
    each: { status: "succeeded", output: [{ host: "a" }, { host: "b" }] },
  });
  const loop = forkPlan(source.state, { from: "each", set: [], each: ["c"] });
  expect(loop.plan.steps.find(({ id }) => id === "each")?.each).toEqual(["c"]);
  expect(loop.again).toEqual(["each", "last"]);
  expect(() => forkPlan(source.state, { from: "each[1]", set: [] })).toThrow(/fork from each/);
  expect(() => forkPlan(source.state, { from: "last", set: [], each: [] })).toThrow(/no loop/);
});

test("waits that a dry run passed without waiting are waited for in its fork", async () => {
  await using source = await simulate(
    planOf(
      tool("read", "test.look"),
      { id: "pause", kind: "wait", after: ["read"], for: { kind: "duration", ms: 60_000 } },
      tool("again", "test.look", { after: ["pause"] }),
      tool("deploy", "test.change", { after: ["again"] }),
    ),
    { tools, dryRun: true },
  );
  await source.end();
  expect(source.state.status).toBe("previewed");
  const { kept, plan } = forkPlan(source.state, { from: "deploy", set: [] });
  expect(kept).toEqual(["read", "again"]);
  expect(plan.steps.at(-1)?.after).toEqual(["again", "pause"]);
});

test("what was undone can't be stood on, but what only looked can", async () => {
  await using source = await ended(chain);
  const requester = source.state.requester;
  await source.tell({ kind: "undo", actor: requester, reason: "no", approved: true });
  expect(source.state.status).toBe("undone");
  expect(() => forkPlan(source.state, { from: "deploy", set: [] })).toThrow(/What step build did/);
  expect(forkPlan(source.state, { from: "build", set: [] }).kept).toEqual(["read"]);
});

test("a run that goes on, a step that isn't there or is kept, and a path that leads nowhere are refused", async () => {
  await using waiting = await simulate(planOf({ id: "word", kind: "wait", for: { kind: "signal", name: "go" } }), {
    tools,
  });
  await waiting.settle();
  expect(() => forkPlan(waiting.state, { from: "word", set: [] })).toThrow(/has ended/);
  await using source = await ended(chain);
  const fork = (path: string[], step?: string) => () =>
    forkPlan(source.state, { from: "deploy", set: [{ step, path, value: 1 }] });
  expect(() => forkPlan(source.state, { from: "nothing", set: [] })).toThrow(/It has read, build/);
  expect(fork(["size"], "read")).toThrow(/isn't carried out in a fork from deploy/);
  expect(fork(["count", "more"])).toThrow(/there is a number/);
  expect(fork(["image", "tags", "7"])).toThrow(/the list has 1 items/);
  expect(() => forkPlan(source.state, { from: "build", set: [{ path: ["size", "unit"], value: 1 }] })).toThrow(
    /a reference \(\$ref\)/,
  );
  const own = fork(["__proto__", "polluted"]);
  expect(own).not.toThrow();
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});
