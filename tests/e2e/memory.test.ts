import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestCli } from "../support/cli.ts";
import type { ModelServer } from "../support/models/server.ts";
import { startSite, startThinkingInstallation, type ThinkingInstallation } from "../support/thinking-installation.ts";

let site: Awaited<ReturnType<typeof startSite>>;
let thinking: ThinkingInstallation;
let model: ModelServer;
let cli: TestCli;

beforeAll(async () => {
  [site, thinking] = await Promise.all([
    startSite(),
    startThinkingInstallation(["@gantry/agent-check", "@gantry/agent-assistant"]),
  ]);
  ({ model, cli } = thinking);
});
afterAll(async () => {
  await thinking?.[Symbol.asyncDispose]();
  await site?.[Symbol.asyncDispose]();
});

const answer = { text: JSON.stringify({ answer: "Done.", citations: [] }) };
const call = (name: string, input: object) => ({ toolCalls: [{ id: "call_1", name, input }] });
const asked = (at: number): string => JSON.stringify(model.questions.at(at)?.body);

test("what an agent read and noted is looked up by the next one, and stated only once a person has pinned it", async () => {
  const { url } = site;
  const note = { kind: "fact", text: "The shop answers with 204.", source: 1 };
  model.script(call("check__http", { url, status: 204, timeoutMs: 0 }), call("memory__remember", note), answer);
  expect(await cli.run(["ask", "Does the shop answer?", "-e", "dev"])).toMatchObject({ code: 0 });
  const [stored] = JSON.parse((await cli.run(["memory", "list", "--json"])).stdout) as { id: string; text: string }[];
  expect(stored).toMatchObject({
    text: note.text,
    vouched: false,
    tainted: ["check.http"],
    source: "source 1: check.http",
  });

  model.script(call("memory__recall", { words: "shop answers" }), answer);
  expect(await cli.run(["ask", "What do you know of the shop?", "-e", "dev"])).toMatchObject({ code: 0 });
  expect(asked(-2)).not.toContain(note.text);
  expect(asked(-1)).toContain(note.text);

  expect(await cli.run(["memory", "pin", stored?.id.slice(0, 8) ?? ""])).toMatchObject({ code: 0 });
  expect((await cli.run(["memory", "show", stored?.id ?? ""])).stderr).toContain("Pinned by");
  model.script(answer);
  await cli.run(["ask", "What do you know of the shop?", "-e", "dev"]);
  expect(asked(-1)).toContain(note.text);

  expect(await cli.run(["memory", "forget", stored?.id ?? ""])).toMatchObject({ code: 0 });
  expect(await cli.run(["memory", "show", stored?.id ?? ""])).toMatchObject({ code: 2 });
});
