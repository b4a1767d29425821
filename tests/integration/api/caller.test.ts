import { afterAll, beforeAll, expect, test } from "vitest";
import type { ToolCaller } from "@gantry/sdk";
import { memoryTools, startTestApi, type Person, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";
import { createMemoryRunner } from "../../support/memory-runner.ts";

let api: TestApi;
let requester: Person;
let approver: Person;
/** What each attempt of a change was told, in order: operation, run, caller. */
const told: { operation: string; run: string; caller: ToolCaller }[] = [];

beforeAll(async () => {
  api = await startTestApi();
  const runner = createMemoryRunner(memoryTools);
  const run: typeof runner.run = (request, ...rest) => {
    if (request.tool !== "test.look" || request.environment === "dev")
      told.push({ operation: request.operation, run: request.runId, caller: request.caller });
    return runner.run(request, ...rest);
  };
  await api.engine.startWorker({ runner: { ...runner, run } });
  requester = await api.addPerson("requester");
  approver = await api.addPerson("approver", { groups: ["approvers"] });
});
afterAll(() => api[Symbol.asyncDispose]());

const callers = (run: string, operation: string) =>
  told.filter((one) => one.run === run && one.operation === operation).map(({ caller }) => caller);

test("a tool is told who asked, who approved, and for an undo who asked for that", async () => {
  const { id: run } = await requester.client.runs.create({
    runbook: "test.swap",
    parameters: { to: newId() },
    environment: "staging",
  });
  await api.engine.reaches(run, "waiting_for_approval");
  await approver.client.runs.approve(run, { hash: (await approver.client.runs.changeSet(run)).hash });
  await api.engine.reaches(run, "succeeded");
  const asked = { kind: "user", id: requester.actor, name: "requester" };
  expect(callers(run, "preview")[0]).toMatchObject({ actor: asked, through: null, approvers: [] });
  expect(callers(run, "run")).toMatchObject([
    { actor: asked, approvers: [{ id: approver.actor, name: "approver", group: "approvers", onBehalfOf: null }] },
  ]);

  const undoer = await api.addPerson("undoer");
  await undoer.client.runs.undo(run, { reason: "wrong" });
  await api.engine.reaches(run, "waiting_for_approval");
  await approver.client.runs.approve(run, { hash: (await approver.client.runs.changeSet(run)).hash });
  await api.engine.reaches(run, "undone");
  expect(callers(run, "undo")).toMatchObject([
    { actor: { id: undoer.actor, name: "undoer" }, approvers: [{ id: approver.actor }], parties: [{ role: "undoer" }] },
  ]);
});

test("a tool of a run that a trigger started is told whose trigger it was", async () => {
  const trigger = await requester.client.triggers.create({
    name: "nightly",
    environment: "dev",
    runbook: "test.look",
    source: { kind: "schedule", cron: "* * * * *" },
  });
  await api.handleDue(Date.now() + 61_000);
  const [occurrence] = (await api.client.triggers.history(trigger.id)).items;
  const run = occurrence?.run ?? "";
  await api.engine.reaches(run, "succeeded");
  expect(callers(run, "run")).toMatchObject([
    { actor: { id: requester.actor }, through: { kind: "trigger", id: trigger.id, name: "nightly" } },
  ]);
});
