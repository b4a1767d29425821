import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runTool } from "@gantry/sdk/testing";
import { rollBackService } from "./runbooks.ts";
import { runRunbook } from "./testing/run-runbook.ts";
import { createStage, processesOf, until } from "./testing/stage.ts";
import { startSteadyClient } from "./testing/steady-client.ts";
import { retireVersions } from "./versions/retire.ts";

test("a commit is built, started, probed, given the traffic and verified through the public port", async () => {
  await using stage = await createStage();
  const ran = await stage.ship({ version: "1" });
  expect(ran.error).toBeNull();
  expect(ran.previews["start"]).toMatchObject({ effect: "changes", counts: { add: 1, change: 0, destroy: 0 } });
  expect(ran.previews["switch"]?.counts).toEqual({ add: 0, change: 1, destroy: 0 });
  expect(ran.verifications["verify"]?.probes).toHaveLength(4);
  const { status, body, headers } = await stage.get("/version");
  expect({ status, version: body["version"] }).toEqual({ status: 200, version: "1" });
  expect(headers.get("x-gantry-release")).toBe((ran.outputs["build"] as { release: string }).release);
});

test("the next version takes over under load, an undo brings the old one back, and no request is lost", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const client = startSteadyClient(stage.port);
  await client.answers(200);

  const second = await stage.ship({ version: "2" });
  expect(second.error).toBeNull();
  await client.answers(200);
  expect((await stage.get("/version")).body["version"]).toBe("2");
  expect((await stage.look()).versions.map(({ status }) => status).toSorted()).toEqual(["running", "stopped"]);

  await second.undo();
  await client.answers(200);
  expect((await stage.get("/version")).body["version"]).toBe("1");

  const { lost, byVersion } = await client.stop();
  expect(lost).toEqual([]);
  expect(Object.keys(byVersion).toSorted()).toEqual(["1", "2"]);
});

test("a version that fails its health check gets no traffic, is undone, and no request is lost", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const client = startSteadyClient(stage.port);
  await client.answers(100);
  const bad = await stage.ship({ version: "2", healthy: false }, { health: { timeoutMs: 500 } });
  expect(bad.error).toMatchObject({ code: "health_check_failed" });
  expect(bad.undone.map(({ step }) => step)).toEqual(["start"]);
  await client.answers(100);
  const { lost, byVersion } = await client.stop();
  expect({ lost, versions: Object.keys(byVersion) }).toEqual({ lost: [], versions: ["1"] });
  const { versions } = await stage.look();
  expect(versions.map(({ status }) => status)).toEqual(["running"]);
});

test("a version that ends at once fails early, with what it said last", async () => {
  await using stage = await createStage();
  const ran = await stage.ship({ version: "1", exitAtStart: true }, { health: { timeoutMs: 60_000 } });
  expect(ran.error).toMatchObject({ code: "health_check_failed" });
  expect(JSON.stringify(ran.error)).toContain("cannot read the configuration");
  await until(() => processesOf(stage.ctx.hostdir).length === 0, "the keeper ends after its host");
});

test("undoing the first deployment stops the service and frees its port", async () => {
  await using stage = await createStage();
  const ran = await stage.ship({ version: "1" });
  await ran.undo();
  await expect(stage.get("/version")).rejects.toThrow("fetch failed");
  expect((await stage.look()).listening).toBe(false);
});

test("a rollback starts the previous release from disk and switches back", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  await stage.ship({ version: "2" });
  const client = startSteadyClient(stage.port);
  await client.answers(50);
  const back = await runRunbook(rollBackService, { service: stage.service }, stage.ctx);
  expect(back.error).toBeNull();
  expect((await stage.get("/version")).body["version"]).toBe("1");
  expect((await client.stop()).lost).toEqual([]);
});

test("a secret reaches the service and neither the plan, the previews nor the log", async () => {
  await using stage = await createStage();
  const canary = "canary-5f3a9c";
  const parameters = { secrets: { DB_PASSWORD: "database" } };
  stage.repository.commit({ version: "1" });
  const ran = await stage.deploy(parameters, { database: canary });
  expect((await stage.get("/env")).body["DB_PASSWORD"]).toBe(canary);
  expect(
    JSON.stringify([ran.previews, ran.outputs, ran.verifications, stage.ctx.logs, await stage.look()]),
  ).not.toContain(canary);
});

test("stopped releases beyond those to keep are removed, but never the way back", async () => {
  await using stage = await createStage();
  for (const version of ["1", "2", "3"]) await stage.ship({ version });
  const { active } = await stage.look();
  const removed = await runTool(
    retireVersions,
    "run",
    { service: "web", release: active ?? "", drainMs: 0, keep: 1 },
    stage.ctx,
  );
  expect(removed.removed).toHaveLength(1);
  const { versions } = await stage.look();
  expect(versions).toHaveLength(2);
  const back = await runRunbook(rollBackService, { service: "web" }, stage.ctx);
  expect(back.error).toBeNull();
  expect((await stage.get("/version")).body["version"]).toBe("2");
});

test("the example service deploys by its own manifest, and its broken version doesn't", async () => {
  await using stage = await createStage();
  for (const name of ["build.js", "server.js", "package.json", "gantry.service.json", "release.json"])
    cpSync(join(example, name), join(stage.repository.path, name));
  const first = stage.repository.commitFiles({});
  const good = await stage.deploy();
  expect(good.error).toBeNull();
  expect((await stage.get("/version")).body).toEqual({ version: "1.0.0", commit: first });

  stage.repository.commitFiles({
    "release.json": JSON.stringify({ version: "1.1.0", greeting: "Hi", healthy: false }),
  });
  const bad = await stage.deploy({ health: { timeoutMs: 500 } });
  expect(bad.error).toMatchObject({ code: "health_check_failed" });
  expect((await stage.get("/version")).body["version"]).toBe("1.0.0");
});

const example = fileURLToPath(new URL("../../../examples/service/", import.meta.url));
