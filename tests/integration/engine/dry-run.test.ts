import { expect, test } from "vitest";
import type { Json } from "@gantry/sdk";
import { startTestEngine } from "../../support/engine.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";

/** Tools that write down every operation which may change something. */
function toolsWith(changed: string[]): MemoryTool[] {
  const note = (stepKey: string): Json => {
    changed.push(stepKey);
    return { done: stepKey };
  };
  return [
    { name: "test.look", run: ({ input }) => input },
    {
      name: "test.change",
      effect: "changes",
      preview: ({ stepKey }) => ({
        summary: `would change ${stepKey}`,
        effect: "changes",
        counts: { add: 1, change: 0, destroy: 0 },
        touches: [stepKey],
        undo: { possible: true, how: "It is taken back.", limits: [] },
      }),
      run: ({ stepKey }) => note(stepKey),
      undo: ({ stepKey }) => note(stepKey),
    },
  ];
}

test("a dry run looks, previews every change and its sub-runs' too, and changes nothing", async () => {
  const changed: string[] = [];
  await using engine = await startTestEngine({ tools: toolsWith(changed) });
  await engine.startWorker({
    planSubRun: async () => () => engine.plan([{ id: "inner", tool: "test.change" }]),
  });
  const plan = engine.plan([
    { id: "look", tool: "test.look", input: { size: 2 } },
    { id: "pause", kind: "wait", after: ["look"], for: { kind: "duration", ms: 3_600_000 } },
    { id: "again", tool: "test.look", after: ["pause"], input: { size: { $ref: ["look", "size"] } } },
    { id: "change", tool: "test.change", after: ["again"], each: [1, 2] },
    { id: "below", kind: "run", runbook: "inner", parameters: {}, after: ["again"] },
    { id: "behind", tool: "test.look", after: ["change"] },
    { id: "further", tool: "test.change", after: ["below"] },
  ]);
  const run = await engine.submit(plan, { dryRun: true });
  await engine.reaches(run, "previewed");
  expect(changed).toEqual([]);
  const events = await engine.events(run);
  const created = events.find((event) => event.type === "change_set.created");
  expect(created?.data).toMatchObject({
    expiresAt: null,
    changeSet: { counts: { add: 3, change: 0, destroy: 0 }, undo: { steps: [{ step: "change[0]" }, {}, {}] } },
  });
  const ran = events.flatMap(({ type, data }) =>
    type === "attempt.started" ? [`${data.step} ${data.operation}`] : [],
  );
  expect(ran.toSorted()).toEqual([
    "again run",
    "change[0] preview",
    "change[1] preview",
    "further preview",
    "look run",
  ]);
  const { rows } = await engine.admin.query("SELECT id, dry_run, status FROM runs WHERE parent = $1", [run]);
  expect(rows).toMatchObject([{ dry_run: true, status: "previewed" }]);
  const { rows: sets } = await engine.admin.query("SELECT status FROM change_sets WHERE run_id = $1", [run]);
  expect(sets).toEqual([{ status: "previewed" }]);
});

test("nobody can approve, undo or go on with a dry run; a failed one is tried again as a dry run", async () => {
  const changed: string[] = [];
  let broken = true;
  const [look, change] = toolsWith(changed) as [MemoryTool, MemoryTool];
  const run = () => {
    if (broken) throw new Error("no light");
    return null;
  };
  await using engine = await startTestEngine({ tools: [{ ...look, run }, change] });
  await engine.startWorker();
  const plan = engine.plan([
    { id: "look", tool: "test.look" },
    { id: "change", tool: "test.change", after: ["look"] },
  ]);
  const id = await engine.submit(plan, { dryRun: true });
  await engine.reaches(id, "failed");
  broken = false;
  expect(await engine.outcome(await engine.send(id, { kind: "retry" }))).toBeNull();
  await engine.reaches(id, "previewed");
  const created = (await engine.events(id)).find((event) => event.type === "change_set.created");
  const hash = created?.type === "change_set.created" ? created.data.hash : "sha256:";
  const refused = async (message: Parameters<typeof engine.send>[1]): Promise<Json> =>
    engine.outcome(await engine.send(id, message, engine.organization.approver));
  expect(await refused({ kind: "approve", hash, reason: null })).toMatchObject({ code: "run_is_dry" });
  expect(await refused({ kind: "reject", hash, reason: "no" })).toMatchObject({ code: "run_is_dry" });
  expect(await refused({ kind: "undo", reason: "no", approved: true })).toMatchObject({ code: "nothing_to_undo" });
  expect(await refused({ kind: "retry" })).toMatchObject({ code: "run_not_retryable" });
  expect(changed).toEqual([]);
});
