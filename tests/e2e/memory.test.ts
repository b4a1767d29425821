import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestCli, type TestCli } from "../support/cli.ts";
import { createInstallation, type Installation } from "../support/installation.ts";
import { startModelServer, type ModelServer } from "../support/models/server.ts";

const site = createServer((_, response) => response.writeHead(204).end());
let model: ModelServer;
let gantry: Installation;
let cli: TestCli;

beforeAll(async () => {
  await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
  [model, gantry] = await Promise.all([
    startModelServer(),
    createInstallation({
      GANTRY_AGENTS: "@gantry/agent-check,@gantry/agent-assistant",
      GANTRY_OUTGOING_ALLOW: "127.0.0.0/8",
    }),
  ]);
  await gantry.start("all");
  await gantry.client.secrets.put("model-key", "the-very-secret-key");
  await gantry.client.connections.put("scripted", {
    kind: "model",
    settings: { provider: "compatible", url: `${model.url}/v1`, models: "scripted" },
    secrets: { key: "model-key" },
  });
  cli = await createTestCli({ url: gantry.url, key: gantry.key });
});
afterAll(async () => {
  await cli?.[Symbol.asyncDispose]();
  await gantry?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
  site.close();
});

const answer = { text: JSON.stringify({ answer: "Done.", citations: [] }) };
const call = (name: string, input: object) => ({ toolCalls: [{ id: "call_1", name, input }] });
const asked = (at: number): string => JSON.stringify(model.questions.at(at)?.body);

test("what an agent read and noted is looked up by the next one, and stated only once a person has pinned it", async () => {
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
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
