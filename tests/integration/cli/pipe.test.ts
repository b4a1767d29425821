import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";
import { planOf } from "../../support/installation.ts";

vi.setConfig({ testTimeout: 90_000 });

const launcher = join(import.meta.dirname, "../../../cli/bin/gantry.js");
const goal = `${"a long goal ".repeat(160)}end`;
const title = `${"a long title ".repeat(12)}end`;
let api: TestApi;
let cli: TestCli;

/** More than a pipe holds, which is 64 KiB. */
const count = 60;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createTestCli({ url: api.url, key: api.key });
  const plan = planOf((builder) => void builder.wait("word", { kind: "signal", name: "go" }, { title }), { goal });
  for (let made = 0; made < count; made += 1) await api.client.runs.create({ plan });
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const start = (command: string) =>
  spawn("bash", ["-o", "pipefail", "-c", command, "bash", process.execPath, launcher], {
    env: { PATH: process.env["PATH"], HOME: cli.home, GANTRY_URL: api.url, GANTRY_KEY: api.key },
  });

test("whoever reads slowly gets all of it", async () => {
  const child = start('exec "$1" "$2" runs list --json');
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) {
    chunks.push(chunk as Buffer);
    await setImmediate();
  }
  const text = Buffer.concat(chunks).toString();
  expect(text.length).toBeGreaterThan(64 * 1024);
  expect((JSON.parse(text) as unknown[]).length).toBe(50);
});

test("whoever stops reading is left quietly", async () => {
  const child = start('"$1" "$2" runs list | head -1');
  let [data, said] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (data += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(child, "close")) as [number];
  expect({ code, said }).toEqual({ code: 141, said: "" });
  expect(data.split("\n")).toHaveLength(2);
  expect(data).toContain(goal);
});

test("a run that is shown in a pipe is whole, as wide as it may be", async () => {
  const [run] = (await api.client.runs.list()).items;
  const { stdout } = await cli.run(["runs", "show", run?.id ?? ""]);
  expect(stdout).toContain(title);
  expect(stdout).not.toContain("…");
});
