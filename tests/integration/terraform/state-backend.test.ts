import { apply } from "@gantry/agent-terraform";
import { createTestContext, runTool, type TestContextOptions } from "@gantry/sdk/testing";
import { describe, expect, test } from "vitest";
import { stateBackendEnvironment } from "../../../platform/src/secrets/index.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { terraformBinary } from "../../support/terraform.ts";
import { applied, noSecrets, planned } from "./steps.ts";

const first = 'resource "terraform_data" "first" {\n  input = "one"\n}\n';

/** A context whose states lie in the platform's own backend, for a run that nobody works on. */
async function contextOn(api: TestApi, options: TestContextOptions = {}) {
  const run = await api.client.runs.create({ runbook: "test.look", parameters: {}, environment: "staging" });
  const ctx = await createTestContext({
    runId: run.id,
    fence: 0,
    stateBackend: {
      environment: (name, holder) =>
        stateBackendEnvironment(api.keyring, api.url, {
          org: api.org,
          project: api.project,
          environment: "staging",
          name,
          run: holder.runId,
          attempt: holder.attemptId,
          fence: holder.fence,
          actor: "requester",
          expiresAt: Date.now() + 600_000,
        }),
    },
    ...options,
  });
  return { ctx, run: run.id };
}

describe.skipIf(terraformBinary === undefined)("Terraform on the platform's state backend", () => {
  test("applies, is found done, and is undone, each write a version and no lock left", async () => {
    await using api = await startTestApi();
    const { ctx, run } = await contextOn(api);
    await using _ = ctx;
    const { input, output } = await applied(ctx, { "main.tf": first });
    expect(await runTool(apply, "inspect", input, await ctx.next())).toEqual({ status: "done", output });
    await runTool(apply, "undo", input, await ctx.next(), output);
    const { items } = await api.client.states.list();
    const network = items.find(({ name }) => name === "network");
    expect(network).toMatchObject({ environment: "staging", version: 2, lock: null });
    const versions = await api.client.states.versions({
      project: api.project,
      environment: "staging",
      name: "network",
    });
    expect(versions.items.every((version) => version.run === run)).toBe(true);
  });

  test("an attempt whose run was taken over gets no lock, and whoever finds a lock sees run and attempt", async () => {
    await using api = await startTestApi();
    const { ctx, run } = await contextOn(api);
    await using _ = ctx;
    const input = { plan: (await planned(ctx, { "main.tf": first })).plan, ...noSecrets };
    await api.engine.admin.query("UPDATE runs SET fence = 7 WHERE id = $1", [run]);
    const successor = await ctx.next({ attemptId: "attempt-1", fence: 7 });
    expect(await runTool(apply, "inspect", input, successor)).toEqual({ status: "not_done" });
    const zombie = await ctx.next({ attemptId: "attempt-1", fence: 6 });
    await expect(runTool(apply, "run", input, zombie)).rejects.toMatchObject({ code: "terraform_state_locked" });

    const env = await successor.stateBackend("network");
    const lock = (id: string) =>
      fetch(env["TF_HTTP_LOCK_ADDRESS"] ?? "", {
        method: "LOCK",
        headers: { authorization: `Basic ${btoa(`gantry:${env["TF_HTTP_PASSWORD"] ?? ""}`)}` },
        body: JSON.stringify({ ID: id, Operation: "OperationTypeApply", Info: "", Who: "worker@host" }),
      });
    expect((await lock("one")).status).toBe(200);
    const refused = await lock("two");
    expect(refused.status).toBe(423);
    expect(await refused.json()).toMatchObject({ ID: "one", Info: `run ${run}, attempt attempt-1` });
  });
});
