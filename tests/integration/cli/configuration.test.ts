import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

let api: TestApi;
let cli: TestCli;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createTestCli();
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

test("what would be started is shown with origins and without secrets, and starts nothing", async () => {
  const file = join(cli.home, "gantry.env");
  await writeFile(file, "GANTRY_PROFILE=server\nGANTRY_URL=https://gantry.example\nGANTRY_SANDBX=off\n");
  await writeFile(join(cli.home, "database"), "postgresql://gantry:hunter2@db/gantry\n");
  const env = { GANTRY_CONFIG_FILE: file, GANTRY_DATABASE_URL_FILE: join(cli.home, "database") };
  const { code, stdout, stderr } = await cli.run(["up", "--check", "--port", "80"], { env });
  expect(code).toBe(0);
  expect(stdout).toContain(`GANTRY_URL\thttps://gantry.example\t${file}:2\n`);
  expect(stdout).toContain("GANTRY_DATABASE_URL\t(secret)\tGANTRY_DATABASE_URL_FILE (environment)\n");
  expect(stdout).toContain("GANTRY_SANDBOX\trequired\tprofile server\n");
  expect(stdout).toContain("GANTRY_PORT\t80\tenvironment\n");
  expect(stderr).toContain("Did you mean GANTRY_SANDBOX?");
  expect(stdout + stderr).not.toContain("hunter2");
});

test("all that is wrong with it is said at once", async () => {
  const env = { GANTRY_PROFILE: "server", GANTRY_PORT: "many", GANTRY_DATABASE_URL: "mysql://root:hunter2@db" };
  const { code, stdout, stderr } = await cli.run(["up", "--check"], { env });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  for (const name of ["GANTRY_PORT", "GANTRY_DATABASE_URL", "GANTRY_URL"]) expect(stderr).toContain(`- ${name}: must`);
  expect(stderr).toContain("code config_invalid");
  expect(stderr).not.toContain("hunter2");
});

test("a context carries server, key and defaults to every command, and no command shows the key", async () => {
  const { code, stderr } = await cli.run(
    ["context", "add", "here", "--url", api.url, "--key-stdin", "-e", "staging", "--use", "--json"],
    { input: `${api.key}\n` },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const file = (await cli.run(["config", "path"])).stdout.trim();
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  expect((await cli.run(["runbooks", "list"])).stdout).toContain("test.look\t");
  expect((await cli.run(["config", "get", "environment", "--show-origin"])).stdout).toBe("staging\tcontext here\n");
  expect((await cli.run(["config", "set", "environment", "dev"])).code).toBe(0);
  const run = (await cli.run(["run", "test.look", "--detach"])).stdout.trim();
  expect(await api.client.runs.get(run)).toMatchObject({ environment: "dev" });

  const commands = ["context list", "context show --json", "config list --show-origin --json", "config get key"];
  for (const command of commands) {
    const { stdout } = await cli.run(command.split(" "));
    expect(stdout).not.toBe("");
    expect(stdout).not.toContain(api.key);
  }
});

test("the key of a context goes to its own server only", async () => {
  const seen: unknown[] = [];
  const other = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end("{}");
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const refused = await cli.run(["runs", "list"], { env: { GANTRY_URL: url } });
  other.close();
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain("code key_missing");
  expect(seen).toEqual([]);
});

test("a key is found by a command, as another person in another context", async () => {
  const { key } = await api.addPerson("reader", { scopes: ["read"] });
  await writeFile(join(cli.home, "their key"), key);
  const command = ["--key-command", `cat '${join(cli.home, "their key")}'`];
  expect((await cli.run(["context", "add", "reader", "--url", api.url, ...command])).code).toBe(0);
  const doctor = await cli.run(["doctor", "--context", "reader"]);
  expect(doctor.stdout).toMatch(/reader of default \(from a command, by context reader\)/);
  const denied = await cli.run(["config", "server"], { env: { GANTRY_CONTEXT: "reader" } });
  expect(denied).toMatchObject({ code: 4, stdout: "" });
  expect(denied.stderr).toContain("code scope_missing");

  expect((await cli.run(["config", "server"])).stdout).toContain("GANTRY_DATABASE_URL\t(secret)\tenvironment\n");

  expect((await cli.run(["context", "remove", "here"])).code).toBe(0);
  expect((await cli.run(["context", "list"])).stdout).toMatch(/^\*\tlocal\t/);
  expect((await cli.run(["runs", "list"], { env: { GANTRY_CONTEXT: "here" } })).stderr).toContain("context_unknown");
});

test("open gives the address in a pipe, opens a browser on a terminal, and says it where that fails", async () => {
  const at = { url: api.url, key: api.key };
  expect((await cli.run(["open"], at)).stdout).toBe(`${api.url}/\n`);
  expect((await cli.run(["open", "docs"], at)).stdout).toBe(`${api.url}/docs\n`);
  expect((await cli.run(["open", "error", "usage"], at)).stdout).toBe(`${api.url}/errors/usage\n`);
  const run = (await cli.run(["run", "test.look", "-e", "dev", "--detach"], at)).stdout.trim();
  const { stdout } = await cli.run(["open", "run", run.slice(0, 13)], at);
  expect(stdout).toBe(`${api.url}/runs/${run}\n`);
  const headers = { accept: "text/html" };
  for (const page of ["/", "/docs", "/errors/usage", `/runs/${run}`])
    expect((await fetch(api.url + page, { headers })).status).toBe(200);
  expect((await cli.run(["open", "changeset", run], at)).stderr).toContain("code nothing_to_approve");

  const opened = join(cli.home, "opened");
  const browser = join(cli.home, "xdg-open");
  await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > "${opened}"\n`, { mode: 0o755 });
  const env = { PATH: `${cli.home}:${process.env["PATH"] ?? ""}`, DISPLAY: ":0" };
  const { stdout: said } = await cli.onTerminal(["open"], { ...at, env }).ended;
  expect(said).toContain("Opened ");
  expect(await readFile(opened, "utf8")).toBe(`${api.url}/`);
  await writeFile(browser, "#!/bin/sh\nexit 3\n");
  expect((await cli.onTerminal(["open"], { ...at, env }).ended).stdout).toContain(`${api.url}/\r\n`);
});
