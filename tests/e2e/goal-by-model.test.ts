import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DraftStep } from "@gantry/sdk";
import { createTestCli, type TestCli } from "../support/cli.ts";
import { agentFolder, createInstallation, eventually, reaches, type Installation } from "../support/installation.ts";
import { startModelServer, type ModelServer, type Reply } from "../support/models/server.ts";

/** What the model looks at tells it to do something else: that taints, and changes nothing else. */
const site = createServer((_, response) => response.writeHead(204).end());
const goal = "Put a line saying hello into the guest book, once the site answers";
let url: string;
let model: ModelServer;
let gantry: Installation;
let cli: TestCli;

beforeAll(async () => {
  await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
  [model, gantry] = await Promise.all([
    startModelServer(),
    createInstallation({
      GANTRY_AGENTS: `@gantry/agent-check,@gantry/agent-planner,${join(agentFolder, "src/index.ts")}`,
      GANTRY_OUTGOING_ALLOW: "127.0.0.0/8",
    }),
  ]);
  await gantry.start("all");
  cli = await createTestCli({ url: gantry.url, key: gantry.key });
});
afterAll(async () => {
  await cli?.[Symbol.asyncDispose]();
  await gantry?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
  site.close();
});

const step = (id: string, name: string, input: object, after: string[] = [], more: Partial<DraftStep> = {}) => ({
  id,
  title: `Step ${id}`,
  why: `The goal needs ${id}.`,
  kind: "tool" as const,
  name,
  input: JSON.stringify(input),
  after,
  when: "",
  each: "",
  parallel: 1,
  undo: "tool" as const,
  ...more,
});
const draft = (steps: object[], questions: string[] = []): Reply => ({
  text: JSON.stringify({
    summary: "Looks at the site, then writes the line.",
    steps,
    onFailure: "undo",
    assumptions: ["The guest book is a file."],
    questions,
  }),
});
const call = (name: string, input: object): Reply => ({ toolCalls: [{ id: "call_1", name, input }] });

test("without a model a goal that no runbook does is refused, as ever", async () => {
  const refused = await cli.run(["goal", goal, "-e", "dev"]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("goal_not_understood");
  expect((await gantry.client.runs.list({})).items).toEqual([]);
});

test("with a key set a goal in words is planned, explained, approved by another person, and carried out", async () => {
  await gantry.client.secrets.put("model-key", "the-very-secret-key");
  await gantry.client.connections.put("scripted", {
    kind: "model",
    settings: {
      provider: "anthropic",
      url: `${model.url}/anthropic/v1`,
      models: "scripted=anthropic/claude-sonnet-4-5",
    },
    secrets: { key: "model-key" },
  });
  const file = gantry.file("guest-book");
  const write = { file, text: "hello" };
  model.script(
    call("check__http", { url, status: 204, timeoutMs: 0 }),
    call("catalogue__describe", { names: ["e2e.append"] }),
    // Two drafts that don't hold are sent back with the reason.
    draft([step("write", "e2e.scribble", write)]),
    draft([step("write", "e2e.append", { file })]),
    draft([step("look", "check.http", { url, status: 204 }), step("write", "e2e.append", write, ["look"])]),
  );
  const started = cli.onTerminal(["goal", goal, "-e", "dev"]);
  const shown = await started.says(/Is that what you want\?/);
  expect(shown).toMatch(/Looks at the site, then writes the line\./);
  expect(shown.replaceAll(/\s+/g, " ")).toMatch(/write: Step write\. The goal needs write\./);
  expect(shown).toMatch(/\$[\d.]+\?? in 5 turns/);
  expect(shown).toMatch(/approve-tainted-changes|a person decides/);
  started.child.stdin?.write("y\n");
  expect((await started.ended).code).toBe(3);

  const asked = model.questions.map(({ body }) => JSON.stringify(body));
  expect(asked).toHaveLength(5);
  expect(asked[2]).toContain("canBeUndone");
  expect(asked[3]).toContain("tool_unknown");
  expect(asked[4]).toContain("step_input_invalid");
  expect(asked.join()).not.toContain("the-very-secret-key");

  const { items } = await gantry.client.goals.list({});
  expect(items).toMatchObject([{ text: goal, status: "open", runbook: "planner.plan", runs: [{}] }]);
  const [run = { id: "" }] = items[0]?.runs ?? [];
  const approver = await gantry.person("approver");
  const { hash, changeSet } = await approver.client.runs.changeSet(run.id);
  expect(changeSet).toMatchObject({ decision: { policies: ["approve-tainted-changes"] } });
  await approver.client.runs.approve(run.id, { hash });
  await reaches(gantry.client, run.id, "succeeded");
  expect(await readFile(file, "utf8")).toBe("hello\n");
  expect(await gantry.client.goals.get(items[0]?.id ?? "")).toMatchObject({ status: "met" });
  expect((await gantry.client.runs.plan(run.id)).tainted).toEqual(["planner.plan", "check.http"]);
  expect((await gantry.client.models.costs({ by: "agent" })).items).toMatchObject([{ key: "planner", calls: 5 }]);
});

test("who submits what a model proposed as their own submits its taint with it, under whatever name", async () => {
  const { client } = gantry;
  const [goals] = (await client.goals.list({})).items;
  const { tainted, ...proposed } = await client.runs.plan(goals?.runs[0]?.id ?? "");
  const steps = proposed.steps.filter(({ id }) => id === "write").map((one) => ({ ...one, title: "Mine", after: [] }));
  const own = await client.runs.create({ plan: { ...proposed, goal: "My own idea", environment: "staging", steps } });
  expect((await client.runs.plan(own.id)).tainted).toEqual(tainted);
  await client.runs.cancel(own.id, {});
  const [write] = steps;
  const another = { ...write, input: { file: gantry.file("another"), text: "hello" } } as (typeof steps)[number];
  const theirs = await client.runs.create({ plan: { ...proposed, steps: [another] } });
  expect((await client.runs.plan(theirs.id)).tainted).toBeUndefined();
  await reaches(client, theirs.id, "succeeded");
});

test("a model that must be told something first asks, and nothing but its run is started", async () => {
  model.script(draft([], ["Which guest book?"]));
  const before = (await gantry.client.goals.list({})).items.length;
  const asked = await cli.run(["goal", goal, "-e", "dev"]);
  expect(asked.code).toBe(2);
  expect(asked.stderr).toContain("Which guest book?");
  expect((await gantry.client.goals.list({})).items).toHaveLength(before);
});

test("explaining with a model shows its plan and starts no run of it; explaining alone asks no model", async () => {
  const file = gantry.file("explained");
  model.script(draft([step("write", "e2e.append", { file, text: "hello" })]));
  const count = model.questions.length;
  const alone = await cli.run(["goal", goal, "-e", "dev", "--explain", "--json"]);
  expect(JSON.parse(alone.stdout)).toMatchObject({ status: "refused", planner: "planner.plan" });
  expect(model.questions).toHaveLength(count);
  const shown = await cli.run(["goal", goal, "-e", "dev", "--explain", "--with", "model", "--json"]);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    summary: expect.any(String),
    plan: { plan: { goal, environment: "dev", tainted: ["planner.plan"] }, decision: { result: "require_approval" } },
  });
});

test("a plan of loops, conditions and runs of their own is explained, and what a model chose is decided on in those runs too", async () => {
  const [file, other] = [gantry.file("looped"), gantry.file("released")];
  const item = { $item: [] };
  const passed = "steps.look.output.probes[0].passed";
  model.script(
    // Nothing of that name comes out of the check.
    draft([
      step("look", "check.http", { url, status: 204 }),
      step("say", "e2e.append", { file, text: { $ref: ["look", "body"] } }),
    ]),
    draft([
      step("look", "check.http", { url, status: 204 }),
      step("each", "e2e.append", { file, text: item }, [], { each: '["one","two"]', when: passed, undo: "none" }),
      step("else", "e2e.append", { file, text: "down" }, [], { when: `!${passed}` }),
      step("runs", "e2e.append", { file: other, text: item }, ["each"], { kind: "runbook", each: '["three"]' }),
    ]),
  );
  const started = await cli.run(["goal", goal, "-e", "dev", "--with", "model", "--detach", "--json"]);
  expect(started.code).toBe(0);
  expect(JSON.stringify(model.questions.at(-1)?.body)).toContain("look.body leads nowhere");
  const shown = started.stderr.replaceAll(/\s+/g, " ");
  expect(shown).toContain(`for 2 items, 1 at a time; if ${passed}; verified; stays when undone`);
  expect(shown).toContain("sub-run, e2e.append; after each; for 1 item");

  const { run } = JSON.parse(started.stdout) as { run: { id: string } };
  const approver = await gantry.person("second-approver");
  const approve = async (id: string): Promise<void> => {
    await reaches(gantry.client, id, "waiting_for_approval");
    await approver.client.runs.approve(id, { hash: (await approver.client.runs.changeSet(id)).hash });
  };
  await approve(run.id);
  const { steps } = await reaches(gantry.client, run.id, ({ steps: now }) => now.some(({ child }) => child !== null));
  const child = steps.find((one) => one.child !== null)?.child ?? "";
  expect(await readFile(file, "utf8")).toBe("one\ntwo\n");
  await approve(child);
  const ended = await reaches(gantry.client, run.id, "succeeded");
  expect(ended.steps.find(({ key }) => key === "else")?.status).toBe("skipped");
  expect(await readFile(other, "utf8")).toBe("three\n");
  expect((await gantry.client.runs.plan(child)).tainted).toEqual(["planner.plan"]);
});

test("only a run in which a model planned gives a proposal, for its own environment", async () => {
  const file = gantry.file("other");
  const other = await gantry.client.runs.create({
    runbook: "e2e.append",
    parameters: { file, text: "x" },
    environment: "dev",
  });
  await reaches(gantry.client, other.id, "succeeded");
  const wanted = { text: goal, proposal: other.id };
  await expect(gantry.client.goals.create(wanted)).rejects.toMatchObject({ code: "proposal_unusable" });
  const [planned] = (await gantry.client.goals.list({})).items.map(({ parameters }) => parameters["proposal"]);
  const elsewhere = { text: goal, proposal: planned as string, environment: "staging" };
  await expect(gantry.client.goals.create(elsewhere)).rejects.toMatchObject({ code: "proposal_unusable" });
  // Other words don't change what it is for.
  const { goal: made } = await gantry.client.goals.create({ text: "Something harmless", proposal: planned as string });
  expect(made).toMatchObject({ text: goal, environment: "dev" });
  await eventually(async () => (await gantry.client.goals.get(made?.id ?? "")).runs.length === 1);
});

test("a model makes a runbook of the run more general; what doesn't make the very steps of the run is sent back", async () => {
  const first = (await gantry.client.goals.list({})).items.at(-1);
  const run = first?.runs[0]?.id ?? "";
  const fromRun = ["runbook", "from-run", run, "--name", "book.write"];
  const { stdout: byRules } = await cli.run(fromRun);
  expect(byRules).not.toContain("parameters:");
  const general = byRules
    .replace(
      /^title: .*$/m,
      "title: Write into the guest book\ndescription: Writes a line once the site answers.\nintents: [write into the guest book]\nparameters: {line: {type: text, min: 1, help: What is written}}",
    )
    .replace("text: hello", "text: ${{ parameters.line }}");
  const answer = (file: string, line: string): Reply => ({
    text: JSON.stringify({ changes: ["The line is a parameter."], file, parameters: JSON.stringify({ line }) }),
  });
  model.script(
    answer(byRules, "hello"),
    answer(general.replace("e2e.append", "e2e.demolish"), "hello"),
    answer(general, "good-bye"),
    answer(general, "hello"),
  );
  const before = model.questions.length;
  const made = await cli.run([...fromRun, "--with", "model"]);
  expect(made).toMatchObject({ code: 0, stdout: general });
  expect(made.stderr).toMatch(/added +parameter line/);
  expect(made.stderr).toContain('Parameters, as they were in this run: line = "hello"');
  const asked = model.questions.slice(before).map(({ body }) => JSON.stringify(body));
  expect(asked).toHaveLength(4);
  expect(asked[1]).toContain("it says nothing in description");
  expect(asked[2]).toContain("e2e.demolish");
  expect(asked[3]).toContain("good-bye");

  await writeFile(join(cli.home, "book.yaml"), made.stdout);
  expect((await cli.run(["runbook", "publish", "book.yaml"])).code).toBe(0);
  const another = await cli.run(["run", "book.write", "-e", "dev", "-p", "line=good-bye", "--wait"]);
  expect(another.code).toBe(0);
  expect(await readFile(gantry.file("guest-book"), "utf8")).toBe("hello\ngood-bye\n");
  // Who plans goals is as before.
  model.script(draft([], ["Which one?"]));
  expect((await cli.run(["goal", goal, "-e", "dev", "--with", "model"])).stderr).toContain("Which one?");
});
