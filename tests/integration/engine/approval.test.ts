import { expect, test } from "vitest";
import type { DecisionSigner } from "../../../platform/src/engine/index.ts";
import { startTestEngine, type TestEngine } from "../../support/engine.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";
import { createTestSigner } from "../../support/signer.ts";

const preview = {
  summary: "changes a thing",
  effect: "changes",
  counts: { add: 1, change: 0, destroy: 0 },
  touches: [],
  undo: { possible: false, how: "not at all", limits: [] },
};
const needsApproval = {
  result: "require_approval" as const,
  policies: ["guard"],
  reasons: ["changes"],
  approvals: [{ group: "approvers", count: 1 }],
};
const change: MemoryTool = { name: "test.change", effect: "changes", preview: () => preview, run: () => "changed" };

async function waitingRun(engine: TestEngine): Promise<{ run: string; hash: `sha256:${string}` }> {
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.change" }]));
  await engine.reaches(run, "waiting_for_approval");
  const { rows } = await engine.admin.query("SELECT hash FROM change_sets WHERE run_id = $1 AND status = 'open'", [
    run,
  ]);
  return { run, hash: rows[0].hash as `sha256:${string}` };
}

const assess = ({ scope }: { scope: string }) => (scope === "change_set" ? needsApproval : {});

test("a change waits without an owner until somebody of the group approves it, then runs under that approval", async () => {
  await using engine = await startTestEngine({ tools: [change], assess });
  await engine.startWorker();
  const { run, hash } = await waitingRun(engine);
  expect((await engine.status(run)).owner).toBeNull();
  const { approver, requester } = engine.organization;
  const approve = { kind: "approve" as const, hash, reason: null };
  expect(await engine.outcome(await engine.send(run, approve, requester))).toMatchObject({
    code: "requester_cannot_approve",
  });
  expect(await engine.outcome(await engine.send(run, approve, approver))).toBeNull();
  await engine.reaches(run, "succeeded");
  const { rows } = await engine.admin.query(
    "SELECT status, begun_at IS NOT NULL AS begun FROM change_sets WHERE run_id = $1",
    [run],
  );
  expect(rows).toEqual([{ status: "approved", begun: true }]);
  const started = (await engine.events(run)).findLast((event) => event.type === "attempt.started");
  expect(started?.data).toMatchObject({ operation: "run", changeSet: hash });
  expect(await engine.outcome(await engine.send(run, approve, approver))).toMatchObject({ code: "change_set_stale" });
});

test("a command that is read once more while its write is under way is carried out once", async () => {
  const gate = Promise.withResolvers<void>();
  const slow: MemoryTool = { ...change, run: () => gate.promise.then(() => "changed") };
  await using engine = await startTestEngine({ tools: [slow], assess });
  const lock = await engine.admin.connect();
  const signer = createTestSigner();
  let looks = 0;
  const current: DecisionSigner["current"] = async () => {
    looks += 1;
    // The run is claimed and its command read: what follows from it can't be written as long as somebody holds the row.
    if (looks === 1) await lock.query("BEGIN; SELECT FROM runs FOR UPDATE");
    // The command was read again. Until it is delivered, it is written.
    if (looks === 2) {
      await lock.query("COMMIT");
      await engine.until(async () => (await engine.types(run)).includes("change_set.approved"));
    }
    return signer.current();
  };
  const worker = await engine.startWorker({ signer: { ...signer, current } });
  const { run, hash } = await waitingRun(engine);
  await engine.until(async () => worker.stats().runs === 0);
  const { approver } = engine.organization;
  expect(await engine.outcome(await engine.send(run, { kind: "approve", hash, reason: null }, approver))).toBeNull();
  // By the next command the one before has been delivered, if it ever is.
  const comment = { kind: "comment" as const, hash, text: "Fine." };
  expect(await engine.outcome(await engine.send(run, comment, approver))).toBeNull();
  gate.resolve();
  lock.release();
  await engine.reaches(run, "succeeded");
  expect(looks).toBeGreaterThan(1);
  const types = await engine.types(run);
  expect(types.filter((type) => type === "approval.recorded")).toHaveLength(1);
  expect(types).not.toContain("command.refused");
});

test("groups that the sender claims to be in count for nothing", async () => {
  await using engine = await startTestEngine({ tools: [change], assess });
  await engine.startWorker();
  const { run, hash } = await waitingRun(engine);
  await engine.admin.query("UPDATE actors SET groups = '{}' WHERE id = $1", [engine.organization.approver.id]);
  const forged = { kind: "approve" as const, hash, reason: null, groups: ["approvers"] };
  expect(await engine.outcome(await engine.send(run, forged, engine.organization.approver))).toMatchObject({
    code: "not_in_group",
  });
});

test("an approver who is disabled before the first effect voids the approval, and the run says why", async () => {
  const looked: PromiseWithResolvers<null>[] = [];
  const guarded: MemoryTool = {
    ...change,
    preview: async () => {
      const gate = Promise.withResolvers<null>();
      looked.push(gate);
      // The first look is before the gate, the second after the approval and before the effect.
      if (looked.length === 2) await gate.promise;
      return preview;
    },
  };
  await using engine = await startTestEngine({ tools: [guarded], assess });
  await engine.startWorker();
  const { run, hash } = await waitingRun(engine);
  await engine.send(run, { kind: "approve", hash, reason: null }, engine.organization.approver);
  await engine.until(async () => looked.length === 2);
  await engine.admin.query("UPDATE actors SET disabled_at = now() WHERE id = $1", [engine.organization.approver.id]);
  looked[1]?.resolve(null);
  await engine.reaches(run, "waiting_for_approval");
  const events = await engine.events(run);
  expect(events.find((event) => event.type === "change_set.voided")?.data).toMatchObject({
    hash,
    reason: expect.stringContaining("disabled") as string,
  });
  expect(events.some((event) => event.type === "attempt.started" && event.data.operation === "run")).toBe(false);
});

test("nobody approved in time: the run ends rejected without a worker having waited for it", async () => {
  await using engine = await startTestEngine({ tools: [change], assess });
  const worker = await engine.startWorker({ config: { approvalMs: 3_000, shortWaitMs: 10 } });
  const { run } = await waitingRun(engine);
  await engine.until(async () => worker.stats().runs === 0);
  await engine.reaches(run, "rejected");
  expect((await engine.status(run)).error).toMatchObject({ code: "approval_expired" });
});

test("output that the database can't store fails its own step only", async () => {
  const nested = (): never => JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`) as never;
  const deep: MemoryTool = { name: "test.deep", run: nested };
  const echo: MemoryTool = { name: "test.echo", run: () => null };
  await using engine = await startTestEngine({ tools: [deep, echo] });
  await engine.admin.query(
    "ALTER DATABASE " + new URL(engine.database.engineUrl).pathname.slice(1) + " SET max_stack_depth = '200kB'",
  );
  await engine.startWorker();
  const bad = await engine.submit(engine.plan([{ id: "a", tool: "test.deep" }]));
  const good = await Promise.all(
    Array.from({ length: 20 }, () => engine.submit(engine.plan([{ id: "a", tool: "test.echo" }]))),
  );
  await engine.reaches(bad, "failed", "needs_attention");
  for (const run of good) await engine.reaches(run, "succeeded");
  expect(JSON.stringify(await engine.events(bad))).toContain("output_not_storable");
});
