import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestCli, type TestCli } from "../../support/cli.ts";

// The whole platform with its own Postgres is started for each.
let cli: TestCli;
let dataDir: string;

beforeEach(async () => {
  cli = await createTestCli();
  dataDir = join(cli.home, "data");
});
afterEach(() => cli[Symbol.asyncDispose]());

const up = ["up", "--port", "0"];

test("gantry up --json says one line, other commands find server and key by themselves, and SIGTERM stops it with 0", async () => {
  const platform = cli.start([...up, "--json", "--data-dir", dataDir]);
  const said = await platform.says(/"key"/);
  const { url, key } = JSON.parse(said.split("\n").find((line) => line.startsWith('{"url"')) ?? "") as {
    url: string;
    key: string;
  };
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await readFile(join(dataDir, "administrator-key"), "utf8")).toContain(key);

  const doctor = await cli.run(["doctor", "--data-dir", dataDir]);
  expect(doctor.stdout).toContain(`${url} is ready`);
  expect(doctor.stdout).toMatch(/^(ok {4}|- {5})sandbox of workers: /m);
  expect(doctor.stdout).toMatch(/^ok {4}git of workers: git version \d/m);
  expect(doctor.code).toBe(0);
  expect((await cli.run(["runbooks", "list"], { env: { GANTRY_DATA_DIR: dataDir } })).stdout).toContain(
    "terraform.apply",
  );

  platform.child.kill("SIGTERM");
  const { code, stdout } = await platform.ended;
  expect(code).toBe(0);
  expect(stdout.trim().split("\n")).toHaveLength(1);
});

test("killed, it takes its platform and the database along", async () => {
  const platform = cli.start([...up, "--json", "--data-dir", dataDir]);
  await platform.says(/"key"/);
  const { pid } = JSON.parse(await readFile(join(dataDir, "server.json"), "utf8")) as { pid: number };
  const postgres = Number((await readFile(join(dataDir, "postgres/postmaster.pid"), "utf8")).split("\n")[0]);
  platform.child.kill("SIGKILL");
  for (const gone of [pid, postgres]) await expect.poll(() => existsSync(`/proc/${gone}`)).toBe(false);
});

test("for people it says url, where the key is and what to do next, and not the key; Ctrl-C stops it with 130", async () => {
  const platform = cli.onTerminal([...up, "--data-dir", dataDir], { columns: 100 });
  const said = await platform.says(/Ctrl-C stops it/);
  expect(said).toMatch(/Ready in .*url: .*http:\/\/127\.0\.0\.1:\d+[^]*gantry doctor/s);
  expect(said).not.toMatch(/gantry_[0-9a-f]{8}_/);
  platform.child.stdin?.write("\u0003");
  expect((await platform.ended).code).toBe(130);
});

test("a taken port is said with its code, and with --json as one JSON document", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const { code, stdout, stderr } = await cli.run(["up", "--port", String(port), "--json", "--data-dir", dataDir]);
  taken.close();
  expect(code).toBe(1);
  expect(stderr).toContain(String(port));
  expect(JSON.parse(stdout)).toHaveProperty("error.code");
});

test("a data directory that can't be made is said, not thrown", async () => {
  await writeFile(join(cli.home, "file"), "");
  const { code, stderr } = await cli.run([...up, "--data-dir", join(cli.home, "file/data")]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*file\/data/m);
});
