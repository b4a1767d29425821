import { randomUUID } from "node:crypto";
import { mkdir, readFile, rmdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ExecOutcome } from "@gantry/sdk";
import { createExec, type Exec } from "../../../platform/src/exec/index.ts";
import { createRedactor } from "../../../platform/src/lib/redact.ts";
import { runCommand } from "../../../platform/src/runner/run-command.ts";
import { cgroup, modes, startHost, type TestHost } from "./setup.ts";

/** As a tool's context does it. */
function start(
  host: TestHost,
  { exec, script, log = () => {} }: { exec: Exec; script: string; log?: (text: string) => void },
): Promise<ExecOutcome> {
  return runCommand(
    {
      exec,
      workspace: host.workspace,
      redactor: createRedactor([]),
      signal: new AbortController().signal,
      log: async (_stream, bytes) => log(Buffer.from(bytes).toString()),
      lost: () => {},
      storeOutput: () => Promise.reject(new Error("There is no long output here.")),
    },
    {
      id: `${host.attemptId}.1`,
      command: "sh",
      args: ["-c", script],
      options: {},
      identity: {},
      onWorkerLoss: "continue",
      now: Date.now,
      deadline: Date.now() + 110_000,
    },
  );
}

describe.each(modes)("a command started $mode", ({ deps }) => {
  test("by several workers that carry out its attempt at once is started once, and all get its end", async () => {
    await using host = await startHost(deps);
    const root = join(host.directory, "executions");
    const workers = Array.from({ length: 5 }, () => createExec({ root, environment: process.env, ...deps }));
    const outcomes = await Promise.all(
      workers.map((exec) => start(host, { exec, script: "echo once >> effects; echo done" })),
    );
    for (const outcome of outcomes) expect(outcome).toMatchObject({ exitCode: 0, stdout: "done\n" });
    expect(await readFile(join(host.workspace.work, "effects"), "utf8")).toBe("once\n");
  });

  test("where an earlier worker died just before its own start of it is begun anew", async () => {
    await using host = await startHost(deps);
    const folder = host.exec.folderOf(`${host.attemptId}.1`);
    await mkdir(folder);
    await utimes(folder, 0, 0);
    expect(await start(host, { exec: host.exec, script: "echo done" })).toMatchObject({ stdout: "done\n" });
    await host.exec.remove(host.attemptId);
    expect(await host.exec.adopt(`${host.attemptId}.1`)).toEqual({ state: "absent" });
  });
});

// Where control groups can be made: there a machine that has no process left can be had without taking them from others.
describe.each(modes.filter(({ deps }) => deps.bubblewrap !== null && deps.cgroup))(
  "a command whose sandbox could not be started, $mode,",
  ({ deps }) => {
    test("had no effect and is started again until the machine has a process for it", async () => {
      await using machine = await machineWith({ processes: 2 });
      await using host = await startHost({ ...deps, cgroup: machine.cgroup });
      const said: string[] = [];
      const outcome = await start(host, {
        exec: host.exec,
        script: "echo once >> effects; echo done",
        log: (text) => {
          if (text.includes("Trying again")) said.push(text);
          if (said.length === 2) void machine.allow("max");
        },
      });
      expect(outcome).toMatchObject({ exitCode: 0, stdout: "done\n" });
      expect(said.length).toBeGreaterThanOrEqual(2);
      for (const text of said)
        expect(text).toMatch(/^"sh" could not be started \(bwrap: .*Resource temporarily unavailable\)/);
      expect(await readFile(join(host.workspace.work, "effects"), "utf8")).toBe("once\n");
    });

    test("of a program that can't be run is not tried again", async () => {
      await using host = await startHost(deps);
      await writeFile(join(host.workspace.work, "program"), "#!/no/such/interpreter\n", { mode: 0o755 });
      const running = host.run({ command: join(host.workspace.work, "program"), args: [] });
      await expect(running).rejects.toMatchObject({ code: "tool_not_startable", retryable: false });
    });
  },
);

/** A control group that stands for a machine with so many processes left. */
async function machineWith({ processes }: { processes: number }) {
  if (cgroup === null) throw new Error("This needs control groups.");
  const { version, parents } = cgroup;
  const own = parents.map((parent) => join(parent, `gantry-test-${randomUUID()}`));
  const allow = async (count: number | "max"): Promise<void> => {
    for (const folder of own) await writeFile(join(folder, "pids.max"), String(count), { flag: "r+" }).catch(() => {});
  };
  for (const folder of own) {
    await mkdir(folder);
    if (version === 2) await writeFile(join(folder, "cgroup.subtree_control"), "+memory +pids");
  }
  await allow(processes);
  return {
    cgroup: { version, parents: own },
    allow,
    async [Symbol.asyncDispose]() {
      for (const folder of own) await rmdir(folder);
    },
  };
}
