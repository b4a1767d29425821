import { afterAll, beforeAll, expect, test } from "vitest";
import { createAsk } from "../../../platform/src/boot/ask-people.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.client.environments.edit("default", "dev", { pool: "nowhere" });
});
afterAll(() => api[Symbol.asyncDispose]());

/** What a tool asks in a run that no worker takes. */
async function asking(call: string, more: { group?: string; timeoutMs?: number } = {}) {
  const run = await api.client.runs.create({ runbook: "test.look", environment: "dev", parameters: {} });
  const at = {
    org: api.org,
    project: api.project,
    environment: "dev",
    runId: run.id,
    stepKey: "look",
    operation: "run",
  };
  const ask = (inPlace: { hold?: AbortSignal; opened?(): Promise<void> } = {}) =>
    createAsk(api.engine.db)(at as never, {
      call,
      agent: "assistant",
      question: "How many\u0007?",
      schema: { type: "integer", minimum: 1 },
      ...more,
      ...inPlace,
    });
  const awaited = await ask().catch((error: unknown) => error as { code: string; details: { question: string } });
  expect(awaited).toMatchObject({ code: "answer_awaited" });
  return { run: run.id, ask, question: (awaited as { details: { question: string } }).details.question };
}

test("the call that asked gets the answer, however often it asks, and no other call does", async () => {
  const { run, ask, question } = await asking("1/1/0");
  expect((await api.client.questions.list({ run })).items).toMatchObject([{ id: question, state: "open", mine: true }]);
  expect((await api.client.questions.get(question)).text).not.toContain("\u0007");
  expect(await refusalOf(api.client.questions.answer(question, 0))).toEqual([422, "answer_invalid"]);
  expect(await refusalOf(api.client.questions.answer(question, "many"))).toEqual([422, "answer_invalid"]);
  expect(await api.client.questions.answer(question, 3)).toMatchObject({ state: "answered", answer: 3 });
  expect(await refusalOf(api.client.questions.answer(question, 4))).toEqual([409, "question_closed"]);
  expect([await ask(), await ask()]).toEqual([3, 3]);
  expect((await api.client.questions.list({ run })).items).toEqual([]);
  const other = await asking("1/1/0");
  expect(other.question).not.toBe(question);
  const record = (await api.client.audit.list({ limit: 50 })).items.find(({ action }) => action === "questions.answer");
  expect(record).toMatchObject({ target: { question }, result: "allowed" });
});

test("only people of the group answer, no program, and nobody of another organization", async () => {
  const { question } = await asking("1/1/0", { group: "network" });
  expect(await refusalOf(api.client.questions.answer(question, 3))).toEqual([403, "question_not_yours"]);
  expect((await api.client.questions.get(question)).mine).toBe(false);
  const viewer = await api.addPerson("only looks", { roles: ["viewer"], groups: ["network"] });
  expect(await refusalOf(viewer.client.questions.answer(question, 3))).toEqual([403, "forbidden"]);
  const tenant = await api.addTenant("Other");
  const stranger = await api.addPerson("stranger", { org: tenant.org, groups: ["network"] });
  expect(await refusalOf(stranger.client.questions.answer(question, 3))).toEqual([404, "not_found"]);
  expect((await stranger.client.questions.list()).items).toEqual([]);
  await api.engine.admin.query("UPDATE actors SET kind = 'service' WHERE id = $1", [viewer.actor]);
  await api.client.roles.grant({ role: "operator", actor: viewer.actor });
  expect(await refusalOf(viewer.client.questions.answer(question, 3))).toEqual([403, "question_not_yours"]);
  const member = await api.addPerson("knows networks", { roles: ["operator"], groups: ["network"] });
  expect(await member.client.questions.answer(question, 3)).toMatchObject({ answeredBy: { name: "knows networks" } });
});

test("a question whose time is over is told so once, and takes no answer", async () => {
  const { ask, question } = await asking("1/1/0");
  await api.engine.admin.query("UPDATE questions SET expires_at = now() - interval '1 second' WHERE id = $1", [
    question,
  ]);
  expect(await refusalOf(api.client.questions.answer(question, 3))).toEqual([409, "question_closed"]);
  await expect(ask()).rejects.toMatchObject({ code: "question_expired" });
  await expect(ask()).rejects.toMatchObject({ code: "answer_awaited" });
});

test("who waits in place gets the answer there, and takes the question back where nobody waits for it any more", async () => {
  const answered = await asking("1/1/0");
  const opened = Promise.withResolvers<void>();
  const waits = answered.ask({
    hold: new AbortController().signal,
    opened: async () => {
      opened.resolve();
    },
  });
  await opened.promise;
  await api.client.questions.answer(answered.question, 5);
  expect(await waits).toBe(5);

  const late = await asking("1/1/0");
  const over = late.ask({ hold: new AbortController().signal });
  await api.engine.admin.query("UPDATE questions SET expires_at = now() WHERE id = $1", [late.question]);
  await expect(over).rejects.toMatchObject({ code: "question_expired" });

  const given = await asking("1/1/0");
  const gone = new AbortController();
  const stopped = given.ask({ hold: gone.signal, opened: async () => gone.abort(new Error("The call is over.")) });
  await expect(stopped).rejects.toThrow("The call is over.");
  expect(await refusalOf(api.client.questions.get(given.question))).toEqual([404, "not_found"]);
});
