import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type CliOptions, type TestCli } from "../../support/cli.ts";

let api: TestApi;
let cli: TestCli;
let run: string;
/** Holds a `gantry` that completes like the real one, and otherwise says what it was called with. */
let bin: string;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createTestCli({ url: api.url, key: api.key });
  const hostile = "Wait \u001b[31mfor\u001b[0m `id` $(id)";
  ({ id: run } = await api.client.runs.create({
    runbook: "test.look",
    environment: "dev",
    parameters: {},
    goal: hostile,
  }));
  bin = join(cli.home, "bin");
  await mkdir(bin);
  const launcher = join(import.meta.dirname, "../../../cli/bin/gantry.js");
  const program = [
    "#!/bin/sh",
    `real() { exec '${process.execPath}' '${launcher}' "$@"; }`,
    // However busy the machine is that the tests run on.
    'case $1 in __complete) shift; real __complete --patience=60000 "$@" ;; completion) real "$@" ;; esac',
    'echo "ran <$*> end"',
  ];
  await writeFile(join(bin, "gantry"), program.join("\n"));
  await chmod(join(bin, "gantry"), 0o755);
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const complete = async (
  words: readonly string[],
  options: CliOptions & { patienceMs?: number } = {},
): Promise<string[]> => {
  const { patienceMs = 60_000, ...rest } = options;
  const asked = ["__complete", `--patience=${patienceMs}`, "fish", ...words];
  const { code, stdout, stderr } = await cli.run(asked, rest);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.split("\n").slice(0, -1);
};

test.each([
  [["runs", "show", ""], /^[0-9a-f-]{36}\t\w+ dev: Wait for `id` \$\(id\)$/],
  [["run", "test.l"], /^test\.look\tLook around$/],
  [["run", "test.change", "-p", ""], /^to=$/],
  [["run", "test.look", "-e", "d"], /^dev\t/],
  [["runs", "list", "--status=waiting_for_a"], /^--status=waiting_for_approval$/],
  [["limit", "set", "1", "--tool", "test.s"], /^test\.swap\t/],
  [["run", "--plan", ""], /^:files$/],
])("%j is completed", async (words, expected) => {
  const lines = await complete(words);
  expect(lines.some((line) => expected.test(line))).toBe(true);
});

test("where there is no key, no server, and nothing to say, nothing is said", async () => {
  expect(await complete(["runs", "show", ""], { key: "" })).toEqual([]);
  expect(await complete(["runs", "show", ""], { url: "nonsense" })).toEqual([]);
  expect(await complete(["runs", "show", ""], { url: "http://127.0.0.1:1" })).toEqual([]);
  expect(await complete(["runs", "show", "zzz"])).toEqual([]);
  expect(await complete(["nothing", "--bogus", "x"])).toEqual([]);
});

test("contexts are completed from this machine's file, without a key", async () => {
  await cli.run(["context", "add", "far", "--url", "https://gantry.example", "--key-stdin"], { input: "gantry_key\n" });
  expect(await complete(["--context", "f"], { key: "" })).toEqual(["far\thttps://gantry.example"]);
  expect(await complete(["context", "use", ""], { key: "" })).toEqual([
    "local\tthe server on this machine",
    "far\thttps://gantry.example",
  ]);
});

test("a server that doesn't answer is not waited for", async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  expect(await complete(["runs", "show", ""], { url: `http://127.0.0.1:${port}`, patienceMs: 100 })).toEqual([]);
});

/** Types lines into a real shell on a terminal, and gives back what `gantry` was called with by each. */
async function typed(shell: keyof typeof shells, lines: readonly string[]): Promise<string[]> {
  const { command, setup } = shells[shell];
  const child = spawn("script", ["-qec", `stty cols 200 rows 40; exec ${command}`, "/dev/null"], {
    cwd: cli.home,
    env: {
      PATH: `${bin}:${process.env["PATH"] ?? ""}`,
      HOME: cli.home,
      TERM: "xterm-256color",
      GANTRY_URL: api.url,
      GANTRY_KEY: api.key,
    },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(
          said.replaceAll(/\u001b(\[[0-9;?>=]*[A-Za-z]|[\]P][^\u0007\u001b]*(\u0007|\u001b\\)|[=>(].?)/g, ""),
        );
        if (found) resolve(found);
      };
      child.stdout.on("data", look);
      child.once("close", () => reject(new Error(`It ended: ${JSON.stringify(said)}`)));
      look();
    });
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stdin.write(`${setup}; echo rea""dy\r`);
  await says(/ready/);
  const called: string[] = [];
  for (const line of lines) {
    said = "";
    child.stdin.write(`${line}\r`);
    const [, words = ""] = await says(/ran <(.*)> end/);
    called.push(words);
  }
  child.stdin.end("exit\r");
  return called;
}

const shells = {
  bash: { command: "bash --norc --noprofile -i", setup: "source <(gantry completion bash)" },
  zsh: {
    command: "zsh -f -i",
    setup: "autoload -Uz compinit; compinit -D; source <(gantry completion zsh)",
  },
  fish: { command: "fish --no-config -i", setup: "gantry completion fish | source" },
} as const;
const names = Object.keys(shells) as (keyof typeof shells)[];

test.each(names)("%s completes commands, options, their values and the ids of runs", async (shell) => {
  const lines = [`gantry runs sho\t${run.slice(0, 6)}\t--dif\t`, "gantry runs list --status=waiting_for_a\t--limi\t"];
  expect(await typed(shell, lines)).toEqual([
    `runs show ${run} --diff`,
    "runs list --status=waiting_for_approval --limit",
  ]);
});
