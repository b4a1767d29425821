import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestCli } from "../support/cli.ts";
import type { Installation, PlatformProcess } from "../support/installation.ts";
import type { ModelServer } from "../support/models/server.ts";
import { startThinkingInstallation, type ThinkingInstallation } from "../support/thinking-installation.ts";

let thinking: ThinkingInstallation;
let model: ModelServer;
let gantry: Installation;
let cli: TestCli;
let worker: PlatformProcess;

beforeAll(async () => {
  thinking = await startThinkingInstallation(["@gantry/agent-assistant"], { workerApart: true });
  ({ gantry, model, cli, worker } = thinking);
});
afterAll(() => thinking?.[Symbol.asyncDispose]());

const answer = (text: string) => ({ text: JSON.stringify({ answer: text, citations: [] }) });
const ask = (id: string, input: object) => ({ id, name: "person__ask", input });

async function openQuestion() {
  await expect.poll(async () => (await gantry.client.questions.list()).items.length).toBe(1);
  const [one] = (await gantry.client.questions.list()).items;
  if (one === undefined) throw new Error("Nothing is asked.");
  return one;
}

test("a run waits for a person without a worker, outlives its restart, and goes on with the answer at the call that asked", async () => {
  const question = { question: "Which region?", answer: "choice", choices: ["eu", "us"] };
  model.script(
    { toolCalls: [ask("c1", question), { id: "c2", name: "memory__recall", input: { words: "region" } }] },
    answer("It is eu."),
  );
  const run = await gantry.client.runs.create({
    runbook: "assistant.ask",
    environment: "dev",
    parameters: { question: "Where does the shop run?" },
  });
  const open = await openQuestion();
  expect(open).toMatchObject({ run: run.id, agent: "assistant", text: "Which region?", state: "open", mine: true });
  await expect
    .poll(async () => (await gantry.client.runs.get(run.id)).waiting)
    .toMatchObject({ on: "person", who: "whoever may run it", detail: expect.stringContaining("Which region?") });

  await worker.stop();
  await gantry.start("worker");
  const wrong = await cli.run(["answer", open.id, "mars"]);
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain("answer_invalid");
  const asked = model.questions.length;
  expect(await cli.run(["answer", open.id.slice(0, 8), "eu"])).toMatchObject({ code: 0 });
  await expect.poll(async () => (await gantry.client.runs.get(run.id)).status).toBe("succeeded");

  // Answered calls aren't paid for again, and what was called beside the question isn't called again.
  expect(model.questions.length).toBe(asked + 1);
  const said = JSON.stringify(model.questions.at(-1)?.body);
  expect(said).toContain(String.raw`\"answer\":\"eu\"`);
  const { events } = await gantry.client.runs.events(run.id, { limit: 200 });
  const notes = events.flatMap(({ type, data }) =>
    type === "attempt.noted" ? [data["note"] as { kind: string }] : [],
  );
  expect(notes.map(({ kind }) => kind)).toEqual(["answered", "calling", "calling", "called", "called", "answered"]);
  expect(events.find(({ type }) => type === "signal.received")?.actor.kind).toBe("user");
  expect(await gantry.client.questions.get(open.id)).toMatchObject({ state: "answered", answer: "eu" });
  const again = await cli.run(["answer", open.id, "us"]);
  expect(again.stderr).toContain("question_closed");
});
