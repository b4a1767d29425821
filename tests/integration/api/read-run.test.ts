import type { ClientBase } from "pg";
import { expect, test } from "vitest";
import type { RunDetail } from "@gantry/sdk/api";
import { createRunReader } from "../../../platform/src/api/runs/read-run.ts";
import { startTestApi } from "../../support/api.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";

test("a run that ends while it is read is answered as it was before or as it is now, never as both", async () => {
  const ending = Promise.withResolvers<null>();
  const look: MemoryTool = { name: "test.look", effect: "reads", run: () => ending.promise };
  await using api = await startTestApi({ tools: [look] });
  await api.engine.startWorker();
  const run = await api.engine.submit(api.engine.plan([{ id: "look", tool: "test.look" }]));
  await api.engine.until(async () => (await api.engine.types(run)).includes("attempt.started"));

  /** Its row has been read; before its events are, it ends. */
  const endsMeanwhile = async (client: ClientBase): Promise<ClientBase> => {
    const query = client.query.bind(client) as (...input: unknown[]) => Promise<unknown>;
    return new Proxy(client, {
      get(target, property) {
        if (property !== "query") {
          const found: unknown = Reflect.get(target, property);
          return typeof found === "function" ? (found.bind(target) as unknown) : found;
        }
        return async (...input: unknown[]) => {
          if ((input[0] as { name?: string }).name === "fold-run") {
            ending.resolve(null);
            await api.engine.reaches(run, "succeeded");
          }
          return query(...input);
        };
      },
    });
  };
  const pool = new Proxy(api.pool, {
    get: (target, property) =>
      property === "connect" ? () => target.connect().then(endsMeanwhile) : (Reflect.get(target, property) as unknown),
  });
  const read = createRunReader({ pool });
  const { org } = api.engine.organization;
  const before = JSON.parse(await read({ org, run })) as RunDetail;
  expect({ status: before.status, ended: before.finishedAt !== null }).toEqual({ status: "running", ended: false });
  const after = JSON.parse(await read({ org, run })) as RunDetail;
  expect({ status: after.status, ended: after.finishedAt !== null }).toEqual({ status: "succeeded", ended: true });
});
