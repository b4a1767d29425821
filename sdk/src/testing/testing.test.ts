import { mkdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineTool } from "../tool.ts";
import { createTestContext, runTool, startStateServer } from "./index.ts";

const echo = defineTool({
  name: "test.echo",
  version: "1.0.0",
  title: "Say it",
  effect: "reads",
  input: z.object({ text: z.string().min(1) }),
  output: z.object({ said: z.string() }),
  run: async ({ text }, ctx) => ({ said: (await ctx.exec("echo", [text])).stdout.trim() }),
});

test("a tool runs with a real child and its result is validated", async () => {
  await using ctx = await createTestContext();
  expect(await runTool(echo, "run", { text: "hello; rm -rf /" }, ctx)).toEqual({ said: "hello; rm -rf /" });
});

test("input that doesn't fit is refused before the tool runs, naming the field", async () => {
  await using ctx = await createTestContext();
  await expect(runTool(echo, "run", { text: "" }, ctx)).rejects.toMatchObject({
    code: "tool_input_invalid",
    message: expect.stringContaining("text"),
  });
  expect(ctx.commands).toEqual([]);
});

test("a result that the tool's own schema refuses is the tool's fault", async () => {
  await using ctx = await createTestContext();
  const wrong = defineTool({ ...echo.spec, run: async () => ({ said: 7 as unknown as string }) });
  await expect(runTool(wrong, "run", { text: "x" }, ctx)).rejects.toMatchObject({
    code: "tool_output_invalid",
    fault: "bug",
  });
});

test("an operation that the tool doesn't have is refused by name", async () => {
  await using ctx = await createTestContext();
  await expect(runTool(echo, "preview", { text: "x" }, ctx)).rejects.toMatchObject({ code: "tool_lacks_operation" });
});

test("a failing command throws with its exit code and last lines, and keeps the whole outcome", async () => {
  await using ctx = await createTestContext();
  const failing = ctx.exec("sh", ["-c", "echo working; echo it broke >&2; exit 3"]);
  await expect(failing).rejects.toMatchObject({
    code: "tool_failed",
    message: '"sh -c" ended with exit code 3: it broke',
    details: { exitCode: 3, lastLines: ["it broke"] },
    outcome: { stdout: "working\n", exitCode: 3 },
  });
  expect((await ctx.exec("sh", ["-c", "exit 3"], { okExitCodes: [0, 3] })).exitCode).toBe(3);
});

test("a command that ignores SIGTERM is killed with its children after the grace period", async () => {
  await using ctx = await createTestContext();
  const stubborn = ctx.exec("sh", ["-c", "trap '' TERM; sleep 600 & wait; wait"], { timeoutMs: 200, graceMs: 100 });
  await expect(stubborn).rejects.toMatchObject({ code: "tool_failed", stopped: "timeout" });
});

test("cancelling the attempt stops its command", async () => {
  const cancel = new AbortController();
  await using ctx = await createTestContext({ signal: cancel.signal });
  const sleeping = ctx.exec("sh", ["-c", "touch started; exec sleep 600"]);
  cancel.abort();
  await expect(sleeping).rejects.toMatchObject({ stopped: "canceled" });
});

test("a missing binary and an old one are told apart", async () => {
  await using ctx = await createTestContext();
  const needing = (anyOf: string[], minimum: string) =>
    defineTool({ ...echo.spec, binaries: [{ anyOf, minimum, install: "apt install it" }] });
  await expect(runTool(needing(["no-such-tool"], "1.0"), "run", { text: "x" }, ctx)).rejects.toMatchObject({
    code: "tool_not_found",
  });
  await expect(runTool(needing(["no-such-tool", "git"], "900.0"), "run", { text: "x" }, ctx)).rejects.toMatchObject({
    code: "tool_too_old",
  });
});

test("a secret is redacted from output, logs and artifacts once it was asked for", async () => {
  await using ctx = await createTestContext({ secrets: { token: "hunter2hunter2" } });
  const value = await ctx.secret("token");
  const { stdout } = await ctx.exec("printenv", ["TOKEN"], { env: { TOKEN: value } });
  ctx.log(`using ${value}`, { value });
  const { path } = { ...(await ctx.artifact("log", stdout + value, "text/plain")), ...ctx.artifacts[0] };
  for (const kept of [stdout, JSON.stringify(ctx.logs), await readFile(path ?? "", "utf8")])
    expect(kept).not.toContain("hunter2");
  await expect(ctx.secret("other")).rejects.toMatchObject({ code: "test_secret_not_given" });
});

test("standard output can go to a file untouched, and isn't in the outcome", async () => {
  await using ctx = await createTestContext({ secrets: { token: "hunter2hunter2" } });
  const value = await ctx.secret("token");
  const { stdout } = await ctx.exec("echo", [value], { stdoutFile: "data.txt" });
  expect(stdout).toBe("");
  expect(await readFile(join(ctx.workdir, "data.txt"), "utf8")).toBe("hunter2hunter2\n");
});

test("files are kept under the digest of their contents and come back in another attempt", async () => {
  await using ctx = await createTestContext();
  await mkdir(join(ctx.workdir, "a/deep"), { recursive: true });
  await writeFile(join(ctx.workdir, "a/deep/x.txt"), "one");
  await writeFile(join(ctx.workdir, "a/left.txt"), "out");
  const ref = await ctx.files.save("a", { exclude: ["left.txt"] });
  expect(ref).toMatchObject({ bytes: 3, entries: 1 });

  const later = await ctx.next();
  await later.files.restore(ref, "b");
  expect(await readFile(join(later.workdir, "b/deep/x.txt"), "utf8")).toBe("one");
  expect(await later.files.save("b")).toEqual(ref);
  expect(later.workdir).not.toBe(ctx.workdir);
  expect(later.hostdir).toBe(ctx.hostdir);

  await writeFile(join(later.workdir, "b/deep/x.txt"), "two");
  expect((await later.files.save("b")).$files).not.toBe(ref.$files);
  await expect(ctx.files.save("../..")).rejects.toMatchObject({ code: "outside_workdir" });
});

test("a state lock names the attempt that holds it, and an older fence can't take it", async () => {
  await using states = await startStateServer();
  const holder = { runId: "r1", stepKey: "apply", attemptId: "a1", fence: 2 };
  const ask = (method: string, as: typeof holder, body = "") => {
    const env = states.environment("network", as);
    const authorization = `Basic ${btoa([env["TF_HTTP_USERNAME"], env["TF_HTTP_PASSWORD"]].join(":"))}`;
    return fetch(env["TF_HTTP_ADDRESS"] ?? "", {
      method,
      headers: { authorization },
      body: method === "GET" ? null : body,
    });
  };
  expect((await ask("LOCK", holder, '{"ID":"1"}')).status).toBe(200);
  const refused = await ask("LOCK", { ...holder, attemptId: "a2" }, '{"ID":"2"}');
  expect([refused.status, await refused.json()]).toEqual([423, { ID: "1", Info: "run r1, step apply, attempt a1" }]);
  expect((await ask("UNLOCK", holder, '{"ID":"2"}')).status).toBe(409);
  expect((await ask("UNLOCK", holder, '{"ID":"1"}')).status).toBe(200);
  expect((await ask("LOCK", { ...holder, fence: 1 }, '{"ID":"3"}')).status).toBe(403);
  expect((await ask("GET", holder)).status).toBe(404);
  expect((await ask("POST", { ...holder, fence: 1 }, '{"serial":1}')).status).toBe(200);
  expect(states.versions("network")).toEqual([{ serial: 1 }]);
});

test("a client that dies while it sends a state, or sends none, changes nothing and disturbs nobody", async () => {
  await using states = await startStateServer();
  const holder = { runId: "r1", stepKey: "apply", attemptId: "a1", fence: 1 };
  const env = states.environment("network", holder);
  const headers = { authorization: `Basic ${btoa(`attempt:${env["TF_HTTP_PASSWORD"] ?? ""}`)}` };
  const address = env["TF_HTTP_ADDRESS"] ?? "";

  const dying = request(address, { method: "POST", headers: { ...headers, "content-length": 1_000 } });
  dying.on("error", () => undefined);
  const noticed = states.changed();
  dying.write('{"serial":', () => dying.destroy());
  await noticed;

  expect((await fetch(address, { method: "POST", headers, body: "not JSON" })).status).toBe(400);
  expect((await fetch(address, { method: "GET" })).status).toBe(401);
  expect((await fetch(address, { method: "PATCH", headers })).status).toBe(405);
  expect(states.versions("network")).toEqual([]);
});
