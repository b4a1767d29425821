import assert from "node:assert/strict";
import { test } from "node:test";
import { agentChecks, toolChecks, type World } from "@gantry/sdk/conformance";
import { createTestContext, runTool, simulate } from "@gantry/sdk/testing";
import { agent } from "./index.ts";
import { point } from "./point.ts";
import { startDnsService } from "./testing/service.ts";

const input = { name: "www.example.com", address: "192.0.2.7" };

for (const check of agentChecks(agent, { parameters: { "dns.point": input } })) void test(check.name, check.run);
for (const check of toolChecks(point, { world: openService, secrets: ["dns-token"] })) void test(check.name, check.run);

void test("a name that leads there already is left alone", async () => {
  await using world = await openService({ secrets: { "dns-token": "t" } });
  world.records.set(input.name, { address: input.address, note: "by hand" });
  await using ctx = await createTestContext({ ...world.context, secrets: { "dns-token": "t" } });
  assert.deepEqual(await runTool(point, "run", input, ctx), { before: input.address, changed: false });
  assert.equal(world.records.get(input.name)?.note, "by hand");
});

void test("what somebody else changed since is left to them, and said", async () => {
  await using world = await openService({ secrets: { "dns-token": "t" } });
  await using run = await simulate(
    { runbook: "dns.point", parameters: input, environment: "staging" },
    {
      tools: [point],
      runbooks: agent.spec.runbooks,
      context: { ...world.context, secrets: { "dns-token": "t" } },
    },
  );
  assert.equal((await run.end()).status, "succeeded");
  const other = { address: "192.0.2.99", note: JSON.stringify({ step: "another/point", before: null }) };
  world.records.set(input.name, other);
  await run.tell({
    kind: "undo",
    actor: { kind: "user", id: "requester", name: "requester" },
    reason: "Not wanted",
    approved: true,
  });
  assert.equal((await run.end()).status, "undo_incomplete");
  assert.deepEqual(world.records.get(input.name), other);
});

/** A service in which the name leads elsewhere, and what it has. */
async function openService({ secrets }: { secrets: Readonly<Record<string, string>> }) {
  const service = await startDnsService(secrets["dns-token"] ?? "");
  service.records.set(input.name, { address: "192.0.2.1", note: "" });
  const dns = { kind: "dns", settings: { url: service.url }, secrets: { token: "dns-token" } };
  return {
    input,
    records: service.records,
    context: { connections: { dns } },
    // Marks name a run by its id, which is another in each world.
    look: async () => [...service.records].map(([name, { address }]) => ({ name, address })),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  } satisfies World<typeof input> & { records: unknown };
}
