import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTool } from "@gantry/sdk";
import type { CatalogTool } from "../../../platform/src/catalog/index.ts";
import type { AttemptRequest, AttemptRunner } from "../../../platform/src/engine/index.ts";
import { createExec } from "../../../platform/src/exec/index.ts";
import { createRunner } from "../../../platform/src/runner/index.ts";
import { silentLog } from "../../support/log.ts";
import { modes, startHost, type TestHost } from "./setup.ts";

/** A worker of this host. Its tool comes to its command once `ready` says so. */
function worker(host: TestHost, deps: (typeof modes)[number]["deps"], ready: Promise<void>): AttemptRunner {
  const outside = join(host.directory, "outside");
  const tool = defineTool({
    name: "test.effect",
    version: "1.0.0",
    title: "Write a line",
    input: z.strictObject({}),
    output: z.null(),
    effect: "changes",
    resumable: true,
    timeoutMs: 250_000,
    preview: () => Promise.reject(new Error("It isn't planned here.")),
    async run(_input, ctx) {
      await ready;
      await ctx.exec("sh", ["-c", 'echo once >> "$0"', join(outside, "effects")], { writable: [outside] });
      return null;
    },
  });
  const of: Partial<Parameters<typeof createRunner>[0]> = {
    host: "here",
    baseEnvironment: {},
    tools: new Map([["test.effect", { tool, agent: { spec: {} }, facts: { digest: "" } } as unknown as CatalogTool]]),
    log: silentLog,
    exec: createExec({ root: join(host.directory, "executions"), environment: process.env, ...deps }),
    clock: Date.now,
    workspaces: join(host.directory, "workspaces"),
    hostdirs: join(host.directory, "hosts"),
    searchPath: process.env["PATH"] ?? "",
  };
  return createRunner(of as Parameters<typeof createRunner>[0]);
}

describe.each(modes)("an attempt $mode", ({ deps }) => {
  test("that another worker took over and ended does nothing more when its first worker goes on", async () => {
    await using host = await startHost(deps);
    await mkdir(join(host.directory, "outside"));
    const goesOn = Promise.withResolvers<void>();
    const [first, second] = [worker(host, deps, goesOn.promise), worker(host, deps, Promise.resolve())];
    const request = requestOf(host.attemptId);
    const run = (runner: AttemptRunner, more: Partial<AttemptRequest>) =>
      runner.run({ ...request, ...more }, new AbortController(), () => Promise.resolve(), never);

    const stopped = run(first, { fence: 1 });
    expect(await run(second, { fence: 2, resumed: true })).toEqual({ outcome: "succeeded", output: null });
    await second.forget(request);
    goesOn.resolve();
    expect(await stopped).toMatchObject({ outcome: "failed" });
    expect(await readFile(join(host.directory, "outside", "effects"), "utf8")).toBe("once\n");
  });
});

const never = (): never => {
  throw new Error("It calls no other tool.");
};

function requestOf(attemptId: string): AttemptRequest {
  const id = randomUUID();
  const requester = { kind: "user" as const, id, name: "requester" };
  return {
    org: id,
    project: id,
    environment: "staging",
    runId: id,
    stepKey: "a",
    attemptId,
    number: 1,
    operation: "run",
    tool: "test.effect",
    digest: "",
    input: {},
    output: null,
    requester,
    caller: { actor: requester, person: id, through: null, approvers: [], parties: [] },
    fence: 1,
    deadline: Date.now() + 250_000,
    notes: [],
    worstCase: {},
    idempotencyKey: `${id}/a/run`,
    subject: null,
  };
}
