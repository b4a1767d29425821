import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../../platform/src/lib/redact.ts";
import { modes, startHost } from "./setup.ts";

describe.each(modes)("a tool run $mode", ({ mode, deps }) => {
  test("gets its arguments and input as they are and gives back exit code and output", async () => {
    await using host = await startHost(deps);
    const tricky = ["$(id)", "a b", "'\"", "*", "line\nbreak", "--", ";true"];
    const result = await host.run({
      args: ["-c", 'for a in "$@"; do printf "<%s>" "$a"; done; cat; echo err >&2; exit 3', "sh", ...tricky],
      stdin: "from input\n",
    });
    expect(result).toMatchObject({ exitCode: 3, signal: null, stopped: null, survivorsKilled: 0 });
    expect(result.stdout.text).toBe(`${tricky.map((argument) => `<${argument}>`).join("")}from input\n`);
    expect(result.stderr.text).toBe("err\n");
  });

  test("sees an allow-listed environment and nothing else of the worker's", async () => {
    const environment = {
      ...process.env,
      PLANTED: "canary-in-the-worker",
      LISTED: "yes",
      LD_PRELOAD: "",
      NODE_OPTIONS: "--no-warnings",
    };
    await using host = await startHost({ ...deps, environment, passEnvironment: ["LISTED"] });
    const { stdout } = await host.run({ args: ["-c", "env -0"], env: { EXTRA: "given", GANTRY_ATTEMPT_ID: "forged" } });
    const seen = Object.fromEntries(
      stdout.text
        .split("\0")
        .filter(Boolean)
        .map((entry) => [entry.split("=")[0], entry.slice(entry.indexOf("=") + 1)]),
    );
    const allowed = [
      "PATH",
      "LANG",
      "LC_ALL",
      "LC_CTYPE",
      "TZ",
      "HOME",
      "TMPDIR",
      "LISTED",
      "EXTRA",
      "PWD",
      "OLDPWD",
      "SHLVL",
      "_",
      // Node itself hands this one on to every child while coverage is measured.
      "NODE_V8_COVERAGE",
    ];
    expect(
      Object.keys(seen)
        .filter((name) => !allowed.includes(name))
        .toSorted(),
    ).toEqual(["GANTRY_ATTEMPT_ID", "GANTRY_EXECUTION_ID"]);
    expect(seen).toMatchObject({
      HOME: host.workspace.home,
      TMPDIR: host.workspace.tmp,
      LISTED: "yes",
      EXTRA: "given",
      GANTRY_ATTEMPT_ID: host.attemptId,
    });
  });

  test("is stopped at its time limit, with grace, and killed when it ignores that", async () => {
    await using host = await startHost(deps);
    const polite = await host.run({
      args: ["-c", "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"],
      timeoutMs: 700,
    });
    expect(polite).toMatchObject({ stopped: "timeout", exitCode: 7 });
    expect(polite.stdout.text).toBe("up\nbye\n");
    const stubborn = await host.run({
      args: ["-c", "trap '' TERM INT HUP; while :; do sleep 0.05; done"],
      timeoutMs: 300,
      gracePeriodMs: 300,
    });
    expect(stubborn.stopped).toBe("timeout");
    expect(stubborn.exitCode === 137 || stubborn.signal === "SIGKILL").toBe(true);
    expect(host.left()).toBe(0);
  });

  test("is asked to stop with the signal that it understands when it is canceled", async () => {
    await using host = await startHost(deps);
    const controller = new AbortController();
    const result = await host.run(
      { args: ["-c", "trap 'exit 5' INT; echo up; while :; do sleep 0.05; done"], stopSignal: "SIGINT" },
      { signal: controller.signal, onOutput: () => controller.abort() },
    );
    expect(result).toMatchObject({ stopped: "canceled", exitCode: 5 });
  });

  test("does not start at all when it was canceled before", async () => {
    await using host = await startHost(deps);
    await expect(host.run({ args: ["-c", "true"] }, { signal: AbortSignal.abort() })).rejects.toThrow(/aborted/);
    expect(await host.exec.list()).toEqual([]);
  });

  test("leaves nothing running: neither a daemon that forked twice into its own session nor one that ignores signals", async () => {
    await using host = await startHost(deps);
    const daemon = "(setsid sh -c 'trap \"\" TERM HUP; sleep 1000 & sleep 1000' >/dev/null 2>&1 &) ; (sleep 1000 &)";
    const result = await host.run({ args: ["-c", `${daemon}; sleep 0.5; echo done`] });
    expect(result).toMatchObject({ exitCode: 0, stopped: null });
    expect(result.stdout.text).toBe("done\n");
    expect(host.left()).toBe(0);
  });

  test("that takes more memory than it may is killed", async () => {
    await using host = await startHost(deps);
    const result = await host.run({
      command: process.execPath,
      args: ["-e", "const kept = []; setInterval(() => kept.push(Buffer.alloc(20e6, 1)), 20)"],
      limits: { memoryBytes: 400e6, outputBytes: 1_000 },
    });
    expect(result.stopped).toBe("memory_limit");
    expect(host.left()).toBe(0);
  });

  test("that starts more processes than it may is killed with all of them", async () => {
    await using host = await startHost(deps);
    const result = await host.run({
      args: ["-c", "i=0; while [ $i -lt 500 ]; do sleep 1000 & i=$((i+1)); done; wait"],
      limits: { processes: 50, outputBytes: 1_000 },
    });
    expect(result.stopped).toBe("process_limit");
    expect(host.left()).toBe(0);
  });

  test("that writes a gigabyte is stopped; what came before the limit is kept whole", async () => {
    await using host = await startHost(deps);
    const result = await host.run({
      args: ["-c", "yes 0123456789abcde | head -c 1000000000"],
      limits: { outputBytes: 1_600_000 },
    });
    expect(result.stopped).toBe("output_limit");
    expect(result.stdout).toMatchObject({ bytes: 1_600_000, incomplete: true, truncated: true });
    const kept = await readFile(result.stdout.path, "utf8");
    expect(kept).toBe("0123456789abcde\n".repeat(100_000));
    expect(result.stdout.text.length).toBeLessThan(70_000);
    expect(result.stdout.text).toContain(`sha256 ${result.stdout.sha256}`);
  });

  // Whoever reads it is the same in every mode, so one gets the long one.
  const megabytes = mode === modes.at(-1)?.mode ? 100 : 10;
  test(`may write a line of ${megabytes} MB, with a secret in its middle`, async () => {
    await using host = await startHost(deps);
    const fill = `head -c ${megabytes / 2}000000 /dev/zero | tr '\\0' x`;
    const result = await host.run(
      {
        args: ["-c", `${fill}; printf %s "$SECRET"; ${fill}`],
        env: { SECRET: "hunter2-correct" },
        limits: { outputBytes: 200_000_000 },
      },
      { redactor: createRedactor(["hunter2-correct"]) },
    );
    expect(result).toMatchObject({ exitCode: 0, stopped: null });
    expect(result.stdout.bytes).toBe(megabytes * 1_000_000 + "[redacted]".length);
  });

  test("may write invalid UTF-8, NUL and escape sequences: they are kept as they are", async () => {
    await using host = await startHost(deps);
    const result = await host.run({ args: ["-c", String.raw`printf 'a\377\000\033[31mred\033]0;title\007'`] });
    expect(await readFile(result.stdout.path)).toEqual(Buffer.from("a\xff\0\x1b[31mred\x1b]0;title\x07", "latin1"));
    expect(result.stdout.text).toBe("a\ufffd\0\u001b[31mred\u001b]0;title\u0007");
  });

  test("shows its output while it runs, each byte once", async () => {
    await using host = await startHost(deps);
    const chunks: Buffer[] = [];
    const goOn = join(host.workspace.work, "go-on");
    const running = host.run(
      {
        args: [
          "-c",
          `echo first; while [ ! -e ${goOn} ]; do sleep 0.02; done; i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done`,
        ],
      },
      { onOutput: ({ bytes }) => chunks.push(Buffer.from(bytes)) },
    );
    await expect.poll(() => Buffer.concat(chunks).toString()).toBe("first\n");
    await host.run({ args: ["-c", `touch ${goOn}`] });
    const result = await running;
    expect(Buffer.concat(chunks)).toEqual(await readFile(result.stdout.path));
    expect(Buffer.concat(chunks).toString().split("\n").length).toBe(2_002);
  });
});

describe.each(modes.filter(({ deps }) => deps.bubblewrap !== null || deps.cgroup))("a tool run $mode", ({ deps }) => {
  test("leaves nothing running even of what detached itself at once and took the marks out of its environment", async () => {
    await using host = await startHost(deps);
    const seconds = `1000.${String(process.pid)}${String(Date.now() % 1_000_000)}`;
    const result = await host.run({ args: ["-c", `(env -i setsid sleep ${seconds} >/dev/null 2>&1 &); sleep 0.3`] });
    expect(result.exitCode).toBe(0);
    expect(await isRunning(seconds)).toBe(false);
  });
});

async function isRunning(argument: string): Promise<boolean> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return lines.some((line) => line.split("\0").includes(argument));
}
