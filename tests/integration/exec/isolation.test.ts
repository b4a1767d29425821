import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  ExecRefusedError,
  probeBubblewrap,
  ToolNotFoundError,
  ToolStartError,
  workspaceAt,
} from "../../../platform/src/exec/index.ts";
import { createRedactor } from "../../../platform/src/lib/redact.ts";
import { everythingIn, modes, startHost } from "./setup.ts";

const canary = 'c4n/ry+"v\\lue"&\n<second line> é';

describe.each(modes)("secrets, $mode,", ({ deps }) => {
  test("never reach the disk or the result, in whatever form a tool prints them", async () => {
    await using host = await startHost(deps);
    const program = `
      const secret = process.env.SECRET, bytes = Buffer.from(secret);
      const forms = [secret, bytes.toString("base64"), bytes.toString("base64url"), bytes.toString("hex"), bytes.toString("hex").toUpperCase(),
        encodeURIComponent(secret), JSON.stringify(secret), JSON.stringify(JSON.stringify({ secret })), Buffer.from("user:" + secret).toString("base64"),
        "<second line> é", ...process.argv.slice(1)];
      for (const form of forms) { for (const piece of form.match(/.{1,7}/gsu)) require("fs").writeSync(1, piece); console.error(form); }`;
    const result = await host.run(
      { command: process.execPath, args: ["-e", program, canary], env: { SECRET: canary }, stdin: canary },
      { redactor: createRedactor([canary]) },
    );
    expect(result.exitCode).toBe(0);
    const bytes = Buffer.from(canary);
    const traces = [
      canary,
      "c4n/ry",
      "c4n%2Fry",
      "second line",
      bytes.toString("base64").slice(0, 12),
      bytes.toString("base64url").slice(0, 12),
      bytes.toString("hex").slice(0, 12),
      bytes.toString("hex").slice(0, 12).toUpperCase(),
      Buffer.from(`user:${canary}`).toString("base64").slice(8, 20),
    ];
    const kept = Buffer.concat([
      await everythingIn(join(host.directory, "executions")),
      Buffer.from(JSON.stringify(result)),
    ]);
    expect(traces.filter((trace) => kept.includes(trace))).toEqual([]);
    expect(result.stdout.text).toContain("[redacted]");
  });

  test("are in neither the arguments nor the environment of the shim", async () => {
    await using host = await startHost(deps);
    const goOn = join(host.workspace.work, "go-on");
    const running = host.run(
      { args: ["-c", `touch up; while [ ! -e ${goOn} ]; do sleep 0.02; done`], env: { SECRET: canary } },
      { redactor: createRedactor([canary]) },
    );
    await expect.poll(() => existsSync(join(host.workspace.work, "up"))).toBe(true);
    const started = await readFile(join(host.exec.folderOf(`${host.attemptId}.0`), "started.json"), "utf8");
    const { pid } = JSON.parse(started) as { pid: number };
    const files = ["cmdline", "environ"].map((name) => readFile(`/proc/${String(pid)}/${name}`));
    const open = Buffer.concat(await Promise.all(files));
    expect(open.toString()).toContain("shim.ts");
    expect(open.includes("c4n/ry")).toBe(false);
    await writeFile(goOn, "");
    expect((await running).exitCode).toBe(0);
  });
});

describe.each(modes.filter((mode) => mode.deps.bubblewrap !== null))("the sandbox", ({ deps }) => {
  test("shows a tool its own folders and programs, and nothing else of the host", async () => {
    await using host = await startHost(deps);
    const planted = join(host.directory, "master.key");
    await writeFile(planted, "planted");
    await mkdir(join(host.directory, "workspaces", "run", "other-attempt"));
    const script = `cat ${planted}; ls ${host.directory}; ls ${host.directory}/workspaces/run; ls -d /root /home /var/run/docker.sock /run/docker.sock /sys; cat /etc/shadow; ls /proc | grep -c '^[0-9]'; touch /usr/planted; echo mine > mine && cat mine; ls /tmp`;
    const { stdout, stderr } = await host.run({ args: ["-c", script] });
    expect(stdout.text).not.toContain("planted");
    expect(stdout.text).not.toContain("executions");
    expect(stdout.text).not.toContain("other-attempt");
    expect(stdout.text).toContain("mine");
    for (const path of ["/root", "/home", "/var/run/docker.sock", "/run/docker.sock", "/sys", "/etc/shadow"]) {
      expect(stderr.text).toMatch(new RegExp(`${path}'?:? .*No such file`));
    }
    expect(stderr.text).toMatch(/\/usr\/planted.*Read-only/);
  });

  test("shows what the operator lists, but never a folder that must stay hidden", async () => {
    await using host = await startHost(deps);
    const mirror = join(host.directory, "mirror");
    await mkdir(join(mirror, "keys"), { recursive: true });
    await writeFile(join(mirror, "index"), "shown");
    await using listed = await startHost({ ...deps, readable: [mirror] });
    expect((await listed.run({ args: ["-c", `cat ${mirror}/index`] })).stdout.text).toBe("shown");
    await using refused = await startHost({ ...deps, readable: [mirror], hidden: [join(mirror, "keys")] });
    await expect(refused.run({ args: ["-c", "true"] })).rejects.toThrow(ExecRefusedError);
    await using covered = await startHost({ ...deps, hidden: ["/usr/share", join(host.directory, "not-there")] });
    const { stdout } = await covered.run({ args: ["-c", "ls -A /usr/share; ls -d /usr/bin"] });
    expect(stdout.text).toBe("/usr/bin\n");
  });

  test("lets a tool work in a workspace that is reached through a symbolic link", async () => {
    await using host = await startHost(deps);
    const link = join(host.directory, "link");
    await symlink(join(host.directory, "workspaces"), link);
    const workspace = workspaceAt({ root: link, runId: "run", attemptId: host.attemptId });
    const { stdout } = await host.run({ args: ["-c", "echo here > $HOME/file && cat ../home/file"], workspace });
    expect(stdout.text).toBe("here\n");
  });

  test("keeps a tool without network off every address, loopback too, and lets one with network through", async () => {
    await using host = await startHost(deps);
    const server = createServer((socket) => socket.end("reached"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const program = `require("net").connect(${String(port)}, "127.0.0.1").on("data", (d) => process.stdout.write(d)).on("error", (e) => process.stdout.write(e.code))`;
    const connect = (network: "none" | "host") =>
      host.run({ command: process.execPath, args: ["-e", program], network });
    expect((await connect("none")).stdout.text).toMatch(/ECONNREFUSED|ENETUNREACH/);
    expect((await connect("host")).stdout.text).toBe("reached");
    server.close();
  });

  test("gives a tool no capabilities and no way to change the kernel's settings", async () => {
    await using host = await startHost(deps);
    // Opened for writing, but nothing is written: where the sandbox fails, that would change this very host.
    const settings = "find /proc -maxdepth 4 -type f -writable ! -path '/proc/[0-9]*' ! -path '/proc/pressure/*'";
    const { stdout, stderr } = await host.run({
      args: ["-c", `grep CapEff /proc/self/status; ${settings}; (: >> /proc/sys/kernel/core_pattern)`],
    });
    expect(stdout.text).toMatch(/^CapEff:\s+0000000000000000\n$/);
    expect(stderr.text).toMatch(/Read-only|Permission denied/);
  });
});

test("a host without bubblewrap is told what is missing", async () => {
  await using host = await startHost({ bubblewrap: null });
  expect(await probeBubblewrap(host.directory)).toEqual({
    available: false,
    reason: expect.stringContaining("not installed"),
  });
  const forbidden = join(host.directory, "bwrap");
  await writeFile(forbidden, "#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n", { mode: 0o755 });
  expect(await probeBubblewrap(host.directory)).toEqual({
    available: false,
    reason: expect.stringContaining("No permissions"),
  });
});

describe("a request", () => {
  test("for a tool that is not installed names it and where it was looked for", async () => {
    await using host = await startHost({ bubblewrap: null, environment: { PATH: "/usr/bin:relative::/bin" } });
    const error = await host.run({ command: "no-such-tool", args: [] }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ToolNotFoundError);
    expect(error).toMatchObject({
      code: "tool_not_found",
      details: { tool: "no-such-tool", searched: "/usr/bin:/bin" },
    });
  });

  test("never finds its tool in the working directory", async () => {
    await using host = await startHost({ bubblewrap: null, environment: { PATH: `.::/usr/bin` } });
    await writeFile(join(host.workspace.work, "planted-tool"), "#!/bin/sh\necho planted\n", { mode: 0o755 });
    await expect(host.run({ command: "planted-tool", args: [] })).rejects.toThrow(ToolNotFoundError);
    await expect(host.run({ command: "./planted-tool", args: [] })).rejects.toThrow(ExecRefusedError);
  });

  test("to work outside the attempt's folders is refused, through a symbolic link too", async () => {
    await using host = await startHost({ bubblewrap: null });
    await symlink("/etc", join(host.workspace.work, "link"));
    for (const cwd of [
      "/",
      "/etc",
      join(host.workspace.work, "link"),
      join(host.workspace.work, "../../.."),
      join(host.workspace.work, "missing"),
    ]) {
      await expect(host.run({ args: ["-c", "pwd"], cwd })).rejects.toThrow(ExecRefusedError);
    }
  });

  test("to show a tool the worker's own data is refused", async () => {
    await using host = await startHost({ bubblewrap: null });
    for (const path of [host.directory, join(host.directory, "executions"), "/", "relative"]) {
      await expect(host.run({ args: ["-c", "true"], readable: [path] })).rejects.toThrow(ExecRefusedError);
      await expect(host.run({ args: ["-c", "true"], writable: [path] })).rejects.toThrow(ExecRefusedError);
    }
  });

  test("with an id that could leave the folder is refused", async () => {
    await using host = await startHost({ bubblewrap: null });
    for (const id of ["../x.0", "a/b.0", "", ".."])
      await expect(host.run({ args: [], id })).rejects.toThrow(/can't name a folder/);
  });

  test("whose arguments are longer than the system takes says so", async () => {
    await using host = await startHost({ bubblewrap: null });
    await expect(host.run({ args: ["-c", "x".repeat(3_000_000)] })).rejects.toThrow(ToolStartError);
    expect(host.left()).toBe(0);
  });
});
