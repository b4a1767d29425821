import type { Command } from "commander";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examplesOf } from "../../../cli/src/commands/options.ts";
import { readConfig } from "../../../cli/src/config.ts";
import { createContext } from "../../../cli/src/context.ts";
import { splitLine } from "../../../cli/src/completion/split-line.ts";
import { createProgram } from "../../../cli/src/program.ts";
import { widthOf } from "../../../cli/src/render/text.ts";
import { createTerminal } from "../../../cli/src/terminal.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  const { client } = api;
  const environment = "dev";
  await client.runs.create({ runbook: "test.look", environment, parameters: {}, goal: "a\tgoal\nof two lines, 漢字" });
  await client.runs.create({ runbook: "test.change", environment: "prod", parameters: { to: "\u001b[31mred" } });
  await client.secrets.put("registry-token", "0123456789");
  await client.connections.put("hub", { kind: "registry", settings: { url: "https://hub.internal" }, secrets: {} });
  await client.freezes.create({
    reason: "A reason that is long enough not to fit beside the rest of it",
    times: { kind: "once", from: new Date().toISOString(), until: null },
  });
});

afterAll(() => api[Symbol.asyncDispose]());

/** The command as on a terminal of that width, or in a pipe; without a process, so that all of them can be tried. */
async function run(words: readonly string[], columns?: number): Promise<{ data: string; said: string }> {
  const written = { data: "", said: "" };
  const streamTo = (name: keyof typeof written) => ({
    write: (text: string) => (written[name] += text) !== "",
    isTTY: columns !== undefined,
    columns: columns ?? 0,
  });
  const program = createProgram({
    async run(flags, handler) {
      const config = readConfig({ ...flags, url: api.url, key: api.key });
      const options = {
        stdout: streamTo("data"),
        stderr: streamTo("said"),
        stdin: { isTTY: false },
        color: "never",
        dumb: false,
      } as const;
      const terminal = createTerminal(options);
      const { stdin } = process;
      const rest = { json: flags.json, now: Date.now, onSignals: () => () => undefined, stdin, version: "test" };
      expect(await handler(createContext({ config, terminal, ...rest }))).toBe("ok");
    },
  });
  await program.parseAsync([...words], { from: "user" });
  return written;
}

const leaves = (command: Command): Command[] =>
  command.commands.flatMap((child) => (child.commands.length > 0 ? leaves(child) : [child]));
const examples = leaves(createProgram({ run: async () => undefined }))
  .filter((command) => command.name() === "list" || command.parent?.name() === "kill-switch")
  .flatMap(examplesOf)
  .filter((line) => !/[|"]|--watch|--mine|shop|-switch o|\/mnt/.test(line));

test.each(examples)("%s works, fits 60 and 80 columns on a terminal, and is whole in a pipe", async (line) => {
  const words = splitLine(line).slice(1);
  for (const columns of [60, 80, 200]) {
    const { data, said } = await run(words, columns);
    expect(data + said).not.toBe("");
    expect(data.split("\n").filter((one) => widthOf(one) > columns)).toEqual([]);
    // Escape sequences, and what else could move something.
    expect(data).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  }
  expect((await run(words)).data).not.toContain("…");
});

test("an id is never cut, however narrow the terminal is", async () => {
  const [freeze] = (await api.client.freezes.list()).items;
  const [actor] = (await api.client.actors.list()).items;
  for (const columns of [40, 60, 80]) {
    expect((await run(["freeze", "list"], columns)).data).toContain(freeze?.id);
    expect((await run(["actor", "list"], columns)).data).toContain(actor?.id);
  }
});
