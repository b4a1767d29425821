import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createExec } from "../../../platform/src/exec/index.ts";
import type { WorkerTask } from "./fixtures/worker.ts";
import { startHost } from "./setup.ts";

const workerProgram = fileURLToPath(new URL("fixtures/worker.ts", import.meta.url));

test("a tool whose output the disk no longer takes is stopped, and the result says so", async () => {
  await using host = await startHost({ bubblewrap: null });
  const request = host.request({ args: ["-c", "echo kept; yes | head -c 3000000; sleep 1000"] });
  const deps = {
    root: join(host.directory, "executions"),
    bubblewrap: null,
    environment: { PATH: process.env["PATH"] },
  };
  const task: WorkerTask = { deps, request, secrets: [] };
  // The largest file that this worker and its shims may write is 1,000 blocks of 512 bytes: beyond that writes fail.
  const limited = ["-c", 'ulimit -f 1000; exec "$@"', "sh", process.execPath, workerProgram, JSON.stringify(task)];
  const worker = spawn("sh", limited, { stdio: ["ignore", "inherit", "inherit"] });
  expect(await new Promise((resolve) => worker.once("exit", resolve))).toBe(0);
  const adopted = await createExec(deps).adopt(request.id);
  expect(adopted).toMatchObject({
    state: "finished",
    result: { stopped: "output_not_writable", stdout: { bytes: 512_000, incomplete: true } },
  });
  expect(host.left()).toBe(0);
});
