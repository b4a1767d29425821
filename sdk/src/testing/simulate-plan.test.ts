import { describe, expect, test } from "vitest";
import { z } from "zod";
import { GantryError } from "../errors.ts";
import { cel, join } from "../ref.ts";
import { defineRunbook } from "../runbook.ts";
import { defineTool } from "../tool.ts";
import { simulate } from "./simulate-plan.ts";

class FlakyError extends GantryError {
  readonly code = "flaky";
  override readonly retryable = true;
}

const undoable = { possible: true, how: "It is removed.", limits: [] };

/** Tools over a world that the test can look at. */
function world() {
  const things: string[] = [];
  const list = defineTool({
    name: "test.list",
    version: "1.0.0",
    title: "List names",
    effect: "reads",
    input: z.object({ names: z.array(z.string()) }),
    output: z.object({ names: z.array(z.string()), count: z.int() }),
    run: async ({ names }) => ({ names, count: names.length }),
  });
  const create = defineTool({
    name: "test.create",
    version: "1.0.0",
    title: "Create a thing",
    effect: "changes",
    input: z.object({ name: z.string() }),
    output: z.object({ id: z.string() }),
    preview: async ({ name }) => ({
      summary: `Creates ${name}.`,
      effect: "changes",
      counts: { add: 1, change: 0, destroy: 0 },
      touches: [name],
      undo: undoable,
    }),
    run: async ({ name }, ctx) => {
      things.push(name);
      return { id: `${ctx.environment}-${name}` };
    },
    verify: async ({ name }) => ({
      probes: [{ name: "exists", expected: name, actual: things.at(-1) ?? "", passed: things.includes(name) }],
    }),
    undo: async ({ name }) => {
      things.splice(things.indexOf(name), 1);
      return { summary: `Removed ${name}.` };
    },
  });
  const fail = defineTool({
    name: "test.fail",
    version: "1.0.0",
    title: "Fail so many times",
    effect: "reads",
    retry: { attempts: 3, initialMs: 60_000 },
    input: z.object({ times: z.int() }),
    output: z.object({}),
    run: async ({ times }, ctx) => {
      if (ctx.attempt <= times) throw new FlakyError(`Try ${ctx.attempt} failed.`);
      return {};
    },
  });
  return { things, list, create, fail, tools: [list, create, fail] };
}

describe("a simulated run", () => {
  test("hands typed outputs from step to step, loops over items and verifies", async () => {
    const { things, list, create, tools } = world();
    const runbook = defineRunbook({
      name: "test.names",
      version: "1.0.0",
      title: "Create every name",
      parameters: z.object({ names: z.array(z.string()) }),
      plan(plan, { names }) {
        const found = plan.step("found", list, { names });
        plan.each("made", found.output.names, create, (name) => ({ name: join`x-${name}` }), {
          when: cel`${found.output.count} > 0`,
        });
      },
    });
    await using run = await simulate(
      { runbook: "test.names", parameters: { names: ["a", "b"] }, environment: "dev" },
      { tools, runbooks: [runbook] },
    );
    expect((await run.end()).status).toBe("succeeded");
    // The items run side by side.
    expect(things.toSorted()).toEqual(["x-a", "x-b"]);
    expect(run.state.steps.get("made")?.output).toEqual([{ id: "dev-x-a" }, { id: "dev-x-b" }]);
    const changeSet = [...run.state.gates.values()][0]?.changeSet;
    expect(changeSet).toMatchObject({
      counts: { add: 2, change: 0, destroy: 0 },
      blastRadius: { touches: ["x-a", "x-b"] },
    });
  });

  test("retries after its back-off on the test's clock, without waiting for it", async () => {
    const { fail, tools } = world();
    const runbook = defineRunbook({
      name: "test.flaky",
      version: "1.0.0",
      title: "Fail twice",
      parameters: z.object({}),
      plan: (plan) => void plan.step("flaky", fail, { times: 2 }),
    });
    await using run = await simulate(
      { runbook: "test.flaky", parameters: {}, environment: "dev" },
      { tools, runbooks: [runbook] },
    );
    const began = run.now();
    expect((await run.settle()).status).toBe("waiting");
    expect((await run.end()).status).toBe("succeeded");
    expect(run.now() - began).toBeGreaterThanOrEqual(2 * 45_000);
  });

  test("undoes what it did when a later step fails, and ends undone", async () => {
    const { things, create, fail, tools } = world();
    const runbook = defineRunbook({
      name: "test.undo",
      version: "1.0.0",
      title: "Create, then fail",
      parameters: z.object({}),
      onFailure: "undo",
      plan(plan) {
        const made = plan.step("made", create, { name: "a" });
        const more = plan.step("more", create, { name: "b" }, { after: [made] });
        plan.step("bad", fail, { times: 9 }, { after: [more] });
      },
    });
    await using run = await simulate(
      { runbook: "test.undo", parameters: {}, environment: "dev" },
      { tools, runbooks: [runbook] },
    );
    const end = await run.end();
    expect(end).toMatchObject({ status: "undone", error: { code: "flaky" } });
    expect(things).toEqual([]);
    const undone = run.events.flatMap((event) =>
      event.type === "attempt.started" && event.data.operation === "undo" ? [event.data.step] : [],
    );
    expect(undone).toEqual(["more", "made"]);
  });

  test("stops at the gate that policy wants, refuses the requester, and goes on once approved", async () => {
    const { things, create, tools } = world();
    const runbook = defineRunbook({
      name: "test.gate",
      version: "1.0.0",
      title: "Create",
      parameters: z.object({}),
      plan: (plan) => void plan.step("made", create, { name: "a" }),
    });
    const assess = ({ scope }: { scope: string }) => ({
      result: scope === "start" ? ("allow" as const) : ("require_approval" as const),
      policies: ["two"],
      reasons: [],
      facts: {},
      approvals: scope === "start" ? [] : [{ group: "approvers", count: 2 }],
    });
    await using run = await simulate(
      { runbook: "test.gate", parameters: {}, environment: "dev" },
      { tools, runbooks: [runbook], assess },
    );
    expect(await run.end()).toMatchObject({
      status: "waiting_for_approval",
      waiting: { on: "approval", who: "2 of approvers" },
    });
    const hash = [...run.state.gates.keys()][0] as `sha256:${string}`;
    const requester = run.state.requester;
    await run.tell({ kind: "approve", actor: requester, groups: ["approvers"], hash, reason: null });
    expect(run.events.at(-1)).toMatchObject({
      type: "command.refused",
      data: { error: { code: "requester_cannot_approve" } },
    });
    expect(things).toEqual([]);
    await run.approve();
    expect((await run.end()).status).toBe("succeeded");
    expect(things).toEqual(["a"]);
  });

  test("carries out sub-runs with their own gate, and undoes them with their parent", async () => {
    const { things, create, tools } = world();
    const child = defineRunbook({
      name: "test.child",
      version: "1.0.0",
      title: "Create one",
      parameters: z.object({ name: z.string() }),
      plan: (plan, { name }) => void plan.step("made", create, { name }),
    });
    const parent = defineRunbook({
      name: "test.parent",
      version: "1.0.0",
      title: "Create through a sub-run",
      parameters: z.object({}),
      plan: (plan) => void plan.subRun("sub", "test.child", { name: "deep" }),
    });
    await using run = await simulate(
      { runbook: "test.parent", parameters: {}, environment: "dev" },
      { tools, runbooks: [parent, child] },
    );
    expect((await run.end()).status).toBe("succeeded");
    expect(things).toEqual(["deep"]);
    await run.tell({ kind: "undo", actor: run.state.requester, reason: "asked", approved: true });
    expect((await run.end()).status).toBe("undone");
    expect(things).toEqual([]);
  });

  test("asks policy about an undo by what the undo does: what was added is destroyed", async () => {
    const { create, tools } = world();
    const runbook = defineRunbook({
      name: "test.reverse",
      version: "1.0.0",
      title: "Create",
      parameters: z.object({}),
      plan: (plan) => void plan.step("made", create, { name: "a" }),
    });
    await using run = await simulate(
      { runbook: "test.reverse", parameters: {}, environment: "dev" },
      { tools, runbooks: [runbook] },
    );
    await run.end();
    const asked = await run.tell({ kind: "undo", actor: run.state.requester, reason: "asked", approved: false });
    expect(asked.status).toBe("waiting_for_approval");
    const { changeSet } = [...run.state.gates.values()].at(-1) ?? {};
    expect(changeSet).toMatchObject({ gate: "undo", effect: "destroys", counts: { add: 0, change: 0, destroy: 1 } });
  });

  test("refuses a plan whose steps wait for each other, naming them", async () => {
    const { list, tools } = world();
    const step = (id: string, after: string) => ({
      kind: "tool" as const,
      id,
      agent: "test",
      tool: list.name,
      input: { names: [] },
      after: [after],
      undo: "tool" as const,
    });
    const plan = {
      format: 1 as const,
      goal: "g",
      runbook: null,
      parameters: {},
      environment: "dev",
      steps: [step("a", "b"), step("b", "a")],
      tools: [],
      onFailure: "stop" as const,
    };
    await expect(simulate(plan, { tools })).rejects.toMatchObject({
      code: "plan_cyclic",
      details: { path: ["a", "b", "a"] },
    });
  });
});
