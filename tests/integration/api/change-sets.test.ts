import { afterAll, beforeAll, expect, test } from "vitest";
import type { Json, Preview } from "@gantry/sdk";
import { memoryTools, refusalOf, startTestApi, type Person, type TestApi } from "../../support/api.ts";
import { createTestCli } from "../../support/cli.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";

let api: TestApi;
let approver: Person;
/** What the next preview of the swap says besides. */
let shown: Partial<Preview> = {};

beforeAll(async () => {
  const [look, change, swap] = memoryTools;
  if (look === undefined || change === undefined || swap?.preview === undefined)
    throw new Error("The test's tools are missing.");
  const { preview } = swap;
  const changing: MemoryTool = {
    ...swap,
    preview: async (...given) => ({ ...((await preview(...given)) as object), ...shown }) as Json,
  };
  api = await startTestApi({ tools: [look, change, changing] });
  await api.engine.startWorker();
  approver = await api.addPerson("approver", { groups: ["approvers"] });
});
afterAll(() => api[Symbol.asyncDispose]());

async function waiting(): Promise<{ run: string; hash: `sha256:${string}` }> {
  shown = {};
  const call = { runbook: "test.swap", parameters: { to: "blue" }, environment: "staging" };
  const { id: run } = await api.client.runs.create(call);
  await api.engine.reaches(run, "waiting_for_approval");
  return { run, hash: (await api.client.runs.changeSet(run)).hash };
}

test("whoever looked at a change set that is void by now learns why, and what the new one changes", async () => {
  const { run, hash } = await waiting();
  shown = {
    summary: "now blue, and red is lost",
    effect: "destroys",
    counts: { add: 0, change: 1, destroy: 1 },
    touches: ["blue", "red"],
  };
  await approver.client.runs.approve(run, { hash });
  await api.engine.until(async () => (await api.client.runs.changeSet(run)).hash !== hash);

  const comparison = await approver.client.runs.compareChangeSets(run, { from: hash });
  expect(comparison).toMatchObject({
    same: false,
    from: { hash, status: "voided", ended: { reason: "The preview of step swap is not the one that was approved." } },
    to: { status: "open", ended: null },
    steps: [{ step: "swap", change: "changed" }],
    omitted: 0,
  });
  expect(comparison.rest).toContainEqual({ path: "counts.destroy", a: 0, b: 1 });
  expect(comparison.rest).toContainEqual({ path: "touches.red", b: "touched" });
  expect(comparison.steps[0]?.differences).toContainEqual({
    path: "preview.summary",
    a: "now blue",
    b: "now blue, and red is lost",
  });
  const same = await approver.client.runs.compareChangeSets(run, { from: comparison.to.hash });
  expect(same).toMatchObject({ same: true, steps: [], rest: [] });

  const unknown = { from: `sha256:${"0".repeat(64)}` } as const;
  expect(await refusalOf(approver.client.runs.compareChangeSets(run, unknown))).toEqual([409, "change_set_stale"]);
  await using cli = await createTestCli({ url: api.url, key: approver.key });
  const told = await cli.run(["approvals", "compare", run, hash]);
  expect([told.code, told.stdout]).toEqual([0, expect.stringContaining("counts.destroy")]);
  expect(told.stdout).toContain("now blue, and red is lost");
});

test("everybody is told what they can do about a change set, or why not, before they try", async () => {
  const { run, hash } = await waiting();
  expect(await approver.client.runs.approval(run)).toEqual({
    run,
    hash,
    status: "open",
    expiresAt: expect.any(String) as string,
    needed: [{ group: "approvers", count: 1, left: 1 }],
    refusal: null,
    mayReject: true,
    needsProof: false,
    factors: { totp: false, passkeys: 0 },
  });
  const of = async ({ client }: Pick<Person, "client">) => {
    const { refusal, mayReject } = await client.runs.approval(run);
    return [refusal?.code, mayReject];
  };
  expect(await of(api)).toEqual(["requester_cannot_approve", true]);
  expect(await of(await api.addPerson("colleague"))).toEqual(["not_an_approver", false]);
  expect(await of(await api.addPerson("reader", { scopes: ["read"], groups: ["approvers"] }))).toEqual([
    "scope_missing",
    false,
  ]);

  expect(await of(await api.addPerson("viewer", { groups: ["approvers"], roles: ["viewer"] }))).toEqual([
    "forbidden",
    false,
  ]);
  await api.client.approvals.configure({ environment: "staging", mfa: true });
  expect(await approver.client.runs.approval(run)).toMatchObject({ refusal: null, needsProof: true });
  await api.client.approvals.configure({ environment: "staging", mfa: false });
  await approver.client.runs.approve(run, { hash });
  await api.engine.reaches(run, "succeeded");
  expect(await approver.client.runs.approval(run)).toMatchObject({
    status: "approved",
    refusal: { code: "change_set_stale" },
    mayReject: false,
    needed: [{ left: 0 }],
  });
});
