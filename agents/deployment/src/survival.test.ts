import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runTool } from "@gantry/sdk/testing";
import { killEverythingIn, createStage } from "./testing/stage.ts";
import { makeWritable } from "./source/tree.ts";
import { switchTraffic } from "./traffic/switch.ts";
import { retireVersions } from "./versions/retire.ts";
import { startVersion } from "./versions/start.ts";

test("a service goes on when the worker that deployed it is killed with its whole process group", async () => {
  const program = fileURLToPath(new URL("./testing/worker.ts", import.meta.url));
  const worker = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(worker.stdout, "data")) as [Buffer];
  const { hostdir, port, repository } = JSON.parse(line.toString()) as Record<
    "hostdir" | "port" | "repository",
    string
  >;
  try {
    process.kill(-(worker.pid ?? 0), "SIGKILL");
    await once(worker, "exit");
    const answer = await fetch(`http://127.0.0.1:${port}/version`);
    expect(await answer.json()).toMatchObject({ version: "1" });
  } finally {
    await killEverythingIn(hostdir);
    await makeWritable(hostdir);
    for (const folder of [dirname(hostdir), repository]) rmSync(folder, { recursive: true, force: true });
  }
});

test("what became of an attempt that nobody saw end is found at the host, step by step", async () => {
  await using stage = await createStage();
  const ran = await stage.ship({ version: "1" });
  const { release, commit } = ran.outputs["build"] as { release: string; commit: string };
  const input = { service: "web", release, commit };
  const ctx = await stage.ctx.next({ runId: ran.runId, orphans: "gone" });
  expect(await runTool(switchTraffic, "inspect", input, ctx)).toEqual({
    status: "done",
    output: { release, commit, from: null },
  });
  expect(await runTool(retireVersions, "inspect", { ...input, drainMs: 0, keep: 1 }, ctx)).toMatchObject({
    status: "done",
  });
  const other = { ...input, release: "0123456789ab-01234567" };
  expect(await runTool(switchTraffic, "inspect", other, ctx)).toEqual({ status: "not_done" });
});

test("without a host to ask, a start that may still come is not called undone", async () => {
  await using stage = await createStage();
  const release = "0123456789ab-01234567";
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const procedure = { build: [], start: ["node"], versionPath: null, network: "none" as const, health };
  const files = { $files: `sha256:${"0".repeat(64)}`, bytes: 0, entries: 0 };
  const where = { service: "web", port: stage.port, address: "127.0.0.1" };
  const input = { ...where, release, commit, files, procedure, env: {}, secrets: {} };
  const inspect = async (orphans: "gone" | "possible") =>
    runTool(startVersion, "inspect", input, await stage.ctx.next({ orphans }));
  expect(await inspect("possible")).toEqual({ status: "running" });
  expect(await inspect("gone")).toEqual({ status: "not_done" });
});

test("undoing a switch whose outcome was never known goes by what the host wrote down", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const second = await stage.ship({ version: "2" });
  delete second.outputs["switch"];
  delete second.outputs["retire"];
  await second.undo();
  expect((await stage.get("/version")).body["version"]).toBe("1");
});

test("a folder whose path is longer than a socket's may be is no obstacle", async () => {
  await using stage = await createStage({ environment: `staging-${"x".repeat(50)}` });
  const ran = await stage.ship({ version: "1" });
  expect(ran.error).toBeNull();
  expect((await stage.get("/version")).body["version"]).toBe("1");
});

const health = { path: "/", expectStatus: 200, timeoutMs: 1_000, consecutive: 1, intervalMs: 10 };
