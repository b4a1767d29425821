import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunEvent } from "@gantry/sdk";
import type { RunDetail } from "@gantry/sdk/api";
import { createTestCli, type TestCli } from "../support/cli.ts";
import { createInstallation, historyOf, type Installation, type Person } from "../support/installation.ts";

let gantry: Installation;
let cli: TestCli;
let approver: Person;
let second: Person;

beforeAll(async () => {
  gantry = await createInstallation();
  await gantry.start("all");
  cli = await createTestCli({ url: gantry.url, key: gantry.key });
  [approver, second] = await Promise.all([gantry.person("approver"), gantry.person("second-approver")]);
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await gantry[Symbol.asyncDispose]();
});

test("a change is submitted, approved by another person, carried out, verified and undone", async () => {
  const file = gantry.file("change");
  const submitted = await cli.run(["run", "e2e.append", "-e", "staging", "-p", `file=${file}`, "-p", "text=hello"]);
  expect(submitted.code).toBe(3);
  const run = submitted.stdout.trim();
  expect(existsSync(file)).toBe(false);
  const { hash, changeSet } = await approver.client.runs.changeSet(run);
  expect(changeSet).toMatchObject({
    counts: { add: 1, change: 0, destroy: 0 },
    effect: "changes",
    blastRadius: { environment: "staging", touches: [file] },
    undo: { steps: [{ step: "append", possible: true }] },
    decision: { result: "require_approval", policies: ["approve-changes"] },
  });

  const own = await cli.run(["approve", run, hash, "--json"]);
  expect(own.code).toBe(4);
  expect(own.stderr + own.stdout).toContain("requester_cannot_approve");
  const approved = await cli.run(["approve", run, hash, "--wait"], { key: approver.key });
  expect(approved.code).toBe(0);
  expect(await readFile(file, "utf8")).toBe("hello\n");
  const done = await gantry.client.runs.get(run);
  expect(done.steps[0]).toMatchObject({ status: "succeeded", output: { lines: 1 } });
  expect(operationsOf(done)).toEqual(["preview", "preview", "run", "verify"]);

  const asked = await cli.run(["undo", run, "--reason", "not wanted any more"]);
  expect(asked.code).toBe(3);
  const undo = await openChangeSet(run);
  expect(undo.changeSet.gate).toBe("undo");
  const stale = await cli.run(["approve", run, hash, "--json"], { key: approver.key });
  expect(stale.code).toBe(1);
  expect(stale.stderr + stale.stdout).toContain("change_set_stale");
  await approver.client.runs.approve(run, { hash: undo.hash });
  expect((await cli.run(["runs", "watch", run])).code).toBe(6);
  expect(await readFile(file, "utf8")).toBe("");
  expect((await gantry.client.runs.get(run)).status).toBe("undone");
  await expectOneHistory(run);
});

test("a change whose verification fails says so by its exit code, and is left or undone as the plan says", async () => {
  const [left, undone] = [gantry.file("left"), gantry.file("undone")];
  const wrong = (file: string) => ["-e", "dev", "-p", `file=${file}`, "-p", "text=one", "-p", "expect=two"];
  const stopped = await cli.run(["run", "e2e.append", ...wrong(left)]);
  expect(stopped.code).toBe(7);
  expect(stopped.stderr).toContain("expected two, got one");
  expect(await readFile(left, "utf8")).toBe("one\n");

  const back = await cli.run(["run", "e2e.appendOrUndo", ...wrong(undone)]);
  expect(back.code).toBe(6);
  expect(await readFile(undone, "utf8")).toBe("");
  await expectOneHistory(back.stdout.trim());
});

test("what policy denies ends with exit code 5, names the policy, and nobody is asked", async () => {
  const denied = await cli.run(["run", "e2e.demolish", "-e", "dev"]);
  expect(denied.code).toBe(5);
  expect(denied.stderr).toContain("More than 50 things would be destroyed");
  const run = await gantry.client.runs.get(denied.stdout.trim());
  expect(run.error?.code).toBe("policy_denied");
  expect(run.changeSets[0]?.decision.policies).toContain("deny-mass-destruction");
  expect(operationsOf(run)).toEqual(["preview"]);
});

test("where two must approve, one person's second approval doesn't count", async () => {
  const destroying = { ...(await demolitionPlan()), environment: "prod" };
  const { id } = await gantry.client.runs.create({ plan: destroying });
  const { hash } = await openChangeSet(id);
  await approver.client.runs.approve(id, { hash });
  await expect(approver.client.runs.approve(id, { hash })).rejects.toMatchObject({
    status: 409,
    code: "already_approved",
    message: expect.stringContaining("Missing: 1 of approvers") as string,
  });
  await second.client.runs.approve(id, { hash });
  expect((await cli.run(["runs", "watch", id])).code).toBe(0);
});

/** A wait for two approvals: nothing is destroyed, but it takes two people. */
async function demolitionPlan() {
  const { plan } = await gantry.client.plans.create({ runbook: "e2e.demolish", environment: "prod" });
  const wait = {
    id: "gate",
    kind: "wait" as const,
    after: [],
    for: { kind: "approval" as const, group: "approvers", count: 2, timeoutMs: 60_000 },
  };
  return { ...plan, runbook: null, steps: [wait] };
}

async function openChangeSet(run: string) {
  for await (const item of gantry.client.runs.follow(run)) {
    if (item.kind !== "event" || item.event.type !== "change_set.created") continue;
    const { changeSets } = await gantry.client.runs.get(run);
    const open = changeSets.find(({ status }) => status === "open");
    if (open) return open;
  }
  throw new Error("There is no open change set.");
}

function operationsOf({ steps }: RunDetail): string[] {
  return steps.flatMap(({ attempts }) => attempts.map(({ operation }) => operation));
}

/** The stream, the list, the detail and what the command line shows are the same history. */
async function expectOneHistory(run: string): Promise<void> {
  const listed = await historyOf(gantry.client, run);
  const streamed: RunEvent[] = [];
  for await (const item of gantry.client.runs.follow(run)) {
    if (item.kind === "event") streamed.push(item.event);
    if (streamed.length === listed.length) break;
  }
  expect(streamed).toEqual(listed);
  expect(listed.map(({ seq }) => seq)).toEqual(listed.map((_, index) => index + 1));
  expect((await gantry.client.runs.get(run)).seq).toBe(listed.length);
  expect(listed.at(-1)).toMatchObject({ type: "run.finished" });
}
