import { apply } from "@gantry/agent-terraform";
import { runTool, type StateServer, type TestContext } from "@gantry/sdk/testing";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { setStage, terraformBinary } from "../../support/terraform.ts";
import { applied, noSecrets, planned } from "./steps.ts";

const firstTwo = (pause: number) => `resource "terraform_data" "first" {
  input = "one"
}
resource "terraform_data" "second" {
  depends_on = [terraform_data.first]
  provisioner "local-exec" {
    command = "sleep ${pause}"
  }
}
`;

/** Says that it is at work by a file, then goes on for longer than any test; asked to stop it does. */
const slow = (ctx: TestContext) => `resource "terraform_data" "slow" {
  depends_on = [terraform_data.second]
  provisioner "local-exec" {
    command = "touch ${join(ctx.hostdir, "at-work")}; trap 'exit 0' INT TERM; sleep 600 & wait"
  }
}
`;

/** Starts an apply that gets stuck in its third object, and waits until it is there. */
async function startStuck(ctx: TestContext, attempt: TestContext, pause = 0) {
  const input = { plan: (await planned(ctx, { "main.tf": firstTwo(pause) + slow(ctx) })).plan, ...noSecrets };
  const watching = watch(ctx.hostdir);
  const ended = runTool(apply, "run", input, attempt).catch((error: unknown) => error);
  for await (const { filename } of watching) if (filename === "at-work") break;
  return { input, ended };
}

async function locked(states: StateServer): Promise<void> {
  while (states.lock("network") === null) await states.changed();
}

describe.skipIf(terraformBinary === undefined)("an interrupted apply", () => {
  test("while Terraform is at work it is running, and the lock names the attempt", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    const { input, ended } = await startStuck(ctx, await ctx.next({ attemptId: "attempt-1" }));
    const watcher = await ctx.next({ attemptId: "attempt-1", fence: 2 });
    expect(await runTool(apply, "inspect", input, watcher)).toMatchObject({
      status: "running",
      detail: expect.stringContaining("attempt attempt-1"),
    });
    expect(states.lock("network")).not.toBeNull();
    ctx.crash();
    expect(await ended).toMatchObject({ code: "tool_failed" });
  });

  // Terraform writes its state 20 seconds apart at the earliest, so the second object has to take longer.
  test(
    "killed after its state was written in part, it is unknown, and undo removes what was created",
    { timeout: 120_000 },
    async () => {
      await using stage = await setStage();
      const { ctx, states } = stage;
      const { input, ended } = await startStuck(ctx, await ctx.next({ attemptId: "attempt-1" }), 21);
      expect(states.current("network")).toMatchObject({ resources: [{ name: "first" }, { name: "second" }] });
      ctx.crash();
      expect(await ended).toMatchObject({ code: "tool_failed" });
      expect(states.lock("network")).not.toBeNull();

      const inspector = await ctx.next({ attemptId: "attempt-1", fence: 2, orphans: "gone" });
      const found = await runTool(apply, "inspect", input, inspector);
      expect(found).toMatchObject({
        status: "unknown",
        detail: expect.stringContaining("only a part of it was recorded"),
      });
      expect(found).toMatchObject({ detail: expect.stringContaining("Still to do: terraform_data.slow.") });
      expect(states.lock("network")).toBeNull();

      const undone = await runTool(apply, "undo", input, await ctx.next({ fence: 2 }), null);
      expect(undone.summary).toContain("2 removed");
      expect(undone.left).toEqual([expect.stringContaining("terraform_data.slow may exist")]);
      expect(states.current("network")).toMatchObject({ resources: [] });
      expect((await runTool(apply, "undo", input, await ctx.next({ fence: 2 }), null)).summary).toContain(
        "Nothing of this",
      );
    },
  );

  test("killed before its state was written, it is not taken for not done, and undo names what may be left", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    const { input, ended } = await startStuck(ctx, await ctx.next({ attemptId: "attempt-1" }));
    expect(states.current("network")).toBeNull();
    ctx.crash();
    await ended;
    const inspector = await ctx.next({ attemptId: "attempt-1", orphans: "gone" });
    expect(await runTool(apply, "inspect", input, inspector)).toMatchObject({
      status: "unknown",
      detail: expect.stringContaining("nothing of it was recorded"),
    });
    const undone = await runTool(apply, "undo", input, await ctx.next(), null);
    expect(undone.left.map((line) => line.split(" ")[0])).toEqual([
      "terraform_data.first",
      "terraform_data.second",
      "terraform_data.slow",
    ]);
  });

  test("killed with its lock and never inspected, it can be undone all the same", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    const { input, ended } = await startStuck(ctx, await ctx.next());
    ctx.crash();
    await ended;
    expect((await runTool(apply, "undo", input, await ctx.next(), null)).left).toHaveLength(3);
    expect(states.lock("network")).toBeNull();
  });

  test("before it took the lock it is not done, and can't begin any more", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    const input = { plan: (await planned(ctx, { "main.tf": firstTwo(0) })).plan, ...noSecrets };
    const successor = await ctx.next({ attemptId: "attempt-1", fence: 2 });
    expect(await runTool(apply, "inspect", input, successor)).toEqual({ status: "not_done" });

    const zombie = await ctx.next({ attemptId: "attempt-1", fence: 1 });
    await expect(runTool(apply, "run", input, zombie)).rejects.toMatchObject({ code: "terraform_state_locked" });
    expect(states.versions("network")).toEqual([]);
  });

  test("finished without anybody hearing of it, it is done, with the output that was lost", async () => {
    await using stage = await setStage();
    const { ctx } = stage;
    const { input, output } = await applied(ctx, { "main.tf": `${firstTwo(0)}output "a" {\n  value = 7\n}\n` });
    expect(await runTool(apply, "inspect", input, await ctx.next())).toEqual({ status: "done", output });
  });

  test("while another run holds the state, its outcome stays unknown and names the holder", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    const { input, ended } = await startStuck(ctx, await ctx.next({ runId: "run-2", attemptId: "attempt-of-other" }));
    await locked(states);
    const found = await runTool(apply, "inspect", input, await ctx.next({ orphans: "gone" }));
    expect(found).toMatchObject({ status: "unknown", detail: expect.stringContaining("attempt-of-other") });
    expect(states.lock("network")).not.toBeNull();
    ctx.crash();
    await ended;
  });

  test("cancelled, Terraform ends the object at hand, writes its state and gives the lock back", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    const cancel = new AbortController();
    const { input, ended } = await startStuck(ctx, await ctx.next({ signal: cancel.signal }));
    cancel.abort();
    expect(await ended).toMatchObject({ stopped: "canceled" });
    expect(states.lock("network")).toBeNull();
    const undone = await runTool(apply, "undo", input, await ctx.next(), null);
    expect(undone.left).toEqual([]);
    expect(states.current("network")).toMatchObject({ resources: [] });
  });
});
