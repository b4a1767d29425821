import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunDetail } from "@gantry/sdk/api";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

let api: TestApi;
let cli: TestCli;
let broken = true;

beforeAll(async () => {
  api = await startTestApi({
    tools: [
      {
        name: "test.look",
        run: ({ input }) => {
          if (broken) throw new Error("the lamp is off\u001b[2J");
          return input;
        },
      },
      {
        name: "test.change",
        effect: "changes",
        uncertain: true,
        run: () => {
          throw new Error("the line was cut");
        },
        undo: () => ({ summary: "undone", left: [] }),
      },
    ],
  });
  await api.engine.startWorker();
  cli = await createTestCli({ url: api.url, key: api.key });
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const detail = async (run: string): Promise<RunDetail> =>
  JSON.parse((await cli.run(["runs", "show", run, "--json"])).stdout) as RunDetail;

const startWaiting = async (): Promise<string> => {
  const file = join(cli.home, "waiting.json");
  const steps = [{ id: "word", kind: "wait", for: { kind: "signal", name: "go" } }];
  const rest = { runbook: null, parameters: {}, environment: "dev", tools: [], onFailure: "stop" };
  await writeFile(file, JSON.stringify({ format: 1, goal: "Wait", steps, ...rest }));
  const run = (await cli.run(["run", "--plan", file, "--detach"])).stdout.trim();
  await api.engine.reaches(run, "waiting");
  return run;
};

test("a failed run exits with 1, opens on what failed, and can be tried again", async () => {
  const failed = await cli.run(["run", "test.look", "-e", "dev"]);
  const run = failed.stdout.trim();
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/step look: failed, run 1 on/);
  expect(failed.stderr).toContain("the lamp is off");
  expect(failed.stderr).not.toContain("\u001b");
  expect(failed.stderr).toContain(`gantry retry ${run}`);
  broken = false;
  expect(await cli.run(["retry", run, "--wait"])).toMatchObject({ code: 0 });
});

test("a paused run says so and goes on when it is resumed", async () => {
  const run = await startWaiting();
  const paused = await cli.run(["pause", run, "--reason", "lunch"]);
  expect(paused).toMatchObject({ code: 0, stdout: "" });
  expect(paused.stderr).toContain("Done. Run is paused.");
  expect(await detail(run)).toMatchObject({ status: "paused", waiting: { on: "resume", detail: "lunch" } });
  expect((await cli.run(["resume", run, "--json"])).stdout).toMatch(/"status":"done"/);
});

test("a canceled run exits with 0 for who canceled it and 1 for who ran it", async () => {
  const run = await startWaiting();
  const watching = cli.start(["runs", "watch", run]);
  await watching.says(/word: waits/);
  expect((await cli.run(["cancel", run, "--reason", "enough", "--wait"])).code).toBe(0);
  const watched = await watching.ended;
  expect(watched.code).toBe(1);
  expect(watched.stderr).toMatch(/being canceled by administrator \(enough\)/);
});

test("whoever follows a command that was carried out isn't told the refusal of somebody else's", async () => {
  const run = await startWaiting();
  expect((await cli.run(["pause", run])).code).toBe(0);
  const resumed = cli.start(["resume", run, "--wait"]);
  await resumed.says(/run resumed/);
  expect((await cli.run(["retry", run])).code).toBe(1);
  await resumed.says(/retry refused/);
  expect((await cli.run(["signal", run, "go"])).code).toBe(0);
  expect((await resumed.ended).code).toBe(0);
});

test("a command that makes no sense for the run is refused with the server's reason, code and request", async () => {
  const run = await startWaiting();
  const { code, stderr } = await cli.run(["resume", run]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: \S/);
  expect(stderr).toMatch(/code \w+\n {2}http:\/\/127\.0\.0\.1:\d+\/errors\/\w+\n {2}request [0-9a-f-]{36}/);
});

test("an unknown outcome stops with 3 and the command that settles it", async () => {
  const unclear = await cli.run(["run", "test.change", "-e", "dev", "-p", "to=blue"]);
  const run = unclear.stdout.trim();
  expect(unclear.code).toBe(3);
  expect(unclear.stderr).toContain(`gantry settle ${run} change done|not_done`);
  const wrong = await cli.run(["settle", run, "change", "maybe"]);
  expect(wrong).toMatchObject({ code: 2 });
  const settled = await cli.run(["settle", run, "change", "done", "--output", '{"to":"blue"}', "--wait"]);
  expect(settled.stderr).toMatch(/change: run was done \(by person by administrator\)/);
  expect(settled.code).toBe(0);
});
