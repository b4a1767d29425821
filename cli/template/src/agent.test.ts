import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { agentChecks, toolChecks, type World } from "@gantry/sdk/conformance";
import { simulate } from "@gantry/sdk/testing";
import { readBoard } from "./board.ts";
import { agent } from "./index.ts";
import { post } from "./tool.ts";

const example = { board: "/srv/board", text: "Maintenance at 22:00" };

for (const check of agentChecks(agent, { parameters: { "noticeboard.post": example } }))
  void test(check.name, check.run);
for (const check of toolChecks(post, { world: openBoard })) void test(check.name, check.run);

void test("a notice is posted once it is approved, and taken off again", async () => {
  await using world = await openBoard();
  await using run = await simulate(
    { runbook: "noticeboard.post", parameters: world.input, environment: "staging" },
    { tools: [post], runbooks: agent.spec.runbooks },
  );
  assert.equal((await run.end()).status, "succeeded");
  assert.deepEqual(await world.look(), ["Maintenance at 22:00"]);
  await run.tell({
    kind: "undo",
    actor: { kind: "user", id: "requester", name: "requester" },
    reason: "Not wanted",
    approved: true,
  });
  assert.equal((await run.end()).status, "undone");
  assert.deepEqual(await world.look(), []);
});

/** A board in a folder of its own, and what is on it. */
async function openBoard(): Promise<World<{ board: string; text: string }>> {
  const folder = await mkdtemp(join(tmpdir(), "noticeboard-"));
  const board = join(folder, "board");
  return {
    input: { ...example, board },
    look: async () => (await readBoard(board)).map(({ text }) => text),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
