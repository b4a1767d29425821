import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestCli, type TestCli } from "../support/cli.ts";
import { agentFolder, planOf, reaches, type Installation } from "../support/installation.ts";
import type { ModelServer } from "../support/models/server.ts";
import { startThinkingInstallation, type ThinkingInstallation } from "../support/thinking-installation.ts";
import { echo, execute } from "./agent/src/misbehave.ts";

let thinking: ThinkingInstallation;
let model: ModelServer;
let gantry: Installation;
let cli: TestCli;
let failed: string;
let elsewhere: string;

beforeAll(async () => {
  thinking = await startThinkingInstallation([
    "@gantry/agent-assistant",
    pathToFileURL(join(agentFolder, "src/index.ts")).href,
  ]);
  ({ gantry, model, cli } = thinking);
  const { client } = gantry;
  const script = 'echo "building the shop"; echo "error: no space left on /var/lib/shop" >&2; exit 3';
  const deploy = planOf((plan) => void plan.step("deploy", execute, { command: "sh", args: ["-c", script] }), {
    goal: "Deploy the shop",
  });
  ({ id: failed } = await client.runs.create({ plan: deploy }));
  await reaches(client, failed, "failed");
  const other = planOf((plan) => void plan.step("say", echo, { value: "kept elsewhere" }), {
    goal: "Deploy the shop elsewhere",
    environment: "staging",
  });
  ({ id: elsewhere } = await client.runs.create({ plan: other }));
  await reaches(client, elsewhere, "succeeded");
});
afterAll(() => thinking?.[Symbol.asyncDispose]());

const call = (name: string, input: object) => ({
  toolCalls: [{ id: "call_1", name: name.replaceAll(".", "__"), input }],
});
const say = (answer: string, ...citations: { source: number; quote: string }[]) => ({
  text: JSON.stringify({ answer, citations }),
});
/** What the model was told in the question so many before the last. */
const told = (before: number): string => JSON.stringify(model.questions.at(-1 - before)?.body);
const question = "Why did the last deployment of the shop fail?";

test("the assistant finds the run that failed, its first failing line, and cites both", async () => {
  model.script(
    call("records.runs", { text: "shop", status: ["failed"] }),
    call("records.run", { run: failed }),
    say(
      "The disk was full.",
      { source: 1, quote: "Deploy the shop" },
      { source: 2, quote: "error: no space left on /var/lib/shop" },
    ),
  );
  const asked = await cli.run(["ask", question, "-e", "dev"]);
  expect(asked).toMatchObject({
    code: 0,
    stdout:
      "The disk was full.\n  [1] records.runs: Deploy the shop\n  [2] records.run: error: no space left on /var/lib/shop\n",
  });
  expect(told(1)).toContain(failed);
  expect(told(1)).not.toContain(elsewhere);
  expect(told(0)).toContain("no space left on /var/lib/shop");
  expect(told(0)).toContain("building the shop");
});

test("what lies elsewhere isn't carried into a run that others may read", async () => {
  model.script(call("records.run", { run: elsewhere }), say("I can't see that run from here."));
  expect(await cli.run(["ask", "What did the other run do?", "-e", "dev"])).toMatchObject({ code: 0 });
  expect(told(0)).toContain("record_elsewhere");
  expect(told(0)).not.toContain("kept elsewhere");
});

test("costs, what waits, states and the audit trail are told to whoever may read them", async () => {
  model.script(
    call("records.costs", { by: "agent" }),
    call("records.queue", {}),
    call("records.states", {}),
    call("records.audit", { run: failed }),
    say("Looked."),
  );
  expect(await cli.run(["ask", "What was done here, and what did it cost?", "-e", "dev"])).toMatchObject({ code: 0 });
  expect(told(3)).toMatch(/currency.{1,5}:.{1,5}USD.*assistant/);
  expect(told(2)).toContain("counts");
  expect(told(1)).toContain("states");
  expect(told(0)).toMatch(/entries.*run\.(started|created|requested)/);
});

test("somebody who may not read the audit trail gets the refusal, not the rows", async () => {
  const { client } = gantry;
  const { id: actor } = await client.actors.create({ name: "deployer", roles: [] });
  await client.roles.grant({ role: "operator", actor, project: "default" });
  const { key } = await client.apiKeys.create({ actor, scopes: ["read", "run"] });
  await using theirs = await createTestCli({ url: gantry.url, key });
  model.script(
    call("records.run", { run: failed }),
    call("records.audit", { run: failed }),
    say("I may not read the audit trail for you."),
  );
  expect(await theirs.run(["ask", "Who deployed the shop?", "-e", "dev"])).toMatchObject({ code: 0 });
  expect(told(1)).toContain("no space left");
  expect(told(0)).toContain("forbidden: ");
  expect(told(0)).not.toContain("entries");
});
