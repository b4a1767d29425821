import { afterAll, beforeAll, expect, test } from "vitest";
import { erasePeople } from "../../../platform/src/erasure/index.ts";
import { createMemory } from "../../../platform/src/boot/memory-store.ts";
import { createSigner } from "../../../platform/src/signing/index.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";
import { silentLog } from "../../support/log.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** What an agent has at hand that thinks in a run there. */
function agentIn(environment: string, run = newId()) {
  const memory = createMemory({ engine: api.engine.db, newId });
  const requester = { kind: "user", id: newId(), name: "requester" } as const;
  return memory(
    { org: api.org, project: api.project, environment, runId: run, stepKey: "ask", requester } as never,
    "assistant",
  );
}
const texts = (all: readonly { text: string }[]) => all.map(({ text }) => text);

test("what is from outside is looked up and not stated until somebody vouches for it; what a person notes is stated", async () => {
  const { memories } = api.client;
  const agent = agentIn("dev");
  await agent.remember({
    kind: "fact",
    text: "The database is slow on Mondays.",
    source: "source 1: check.http",
    tainted: ["check.http"],
  });
  await agent.remember({ kind: "lesson", text: "Ask for the region first.", source: null, tainted: [] });
  const own = await memories.add({ text: "Releases are on Tuesdays.", kind: "preference" });
  expect(texts(await agent.vouched())).toEqual(["Releases are on Tuesdays.", "Ask for the region first."]);
  expect(await agent.recall(["database", "mondays"], 5)).toEqual([
    expect.objectContaining({ text: "The database is slow on Mondays.", vouched: false, agent: "assistant" }),
  ]);

  const tainted = (await memories.list({ search: "DATABASE" })).items[0];
  expect(tainted).toMatchObject({
    vouched: false,
    tainted: ["check.http"],
    agent: "assistant",
    environment: "dev",
    pinnedBy: null,
  });
  expect(await memories.pin(tainted?.id ?? "")).toMatchObject({ vouched: true, tainted: ["check.http"] });
  expect(texts(await agent.vouched())[0]).toBe("The database is slow on Mondays.");
  await memories.pin(tainted?.id ?? "", false);
  expect(texts(await agent.vouched())).not.toContain("The database is slow on Mondays.");

  // Noted again it is the same note; an agent doesn't make its own of it, and a person does.
  await agentIn("dev").remember({ kind: "fact", text: "The database is slow on Mondays.", source: null, tainted: [] });
  expect((await memories.get(tainted?.id ?? "")).vouched).toBe(false);
  const again = await memories.add({
    text: "The database is slow on Mondays.",
    project: "default",
    environment: "dev",
  });
  expect(again).toMatchObject({ id: tainted?.id, vouched: true, agent: null });

  await memories.forget(own.id);
  expect(await refusalOf(memories.get(own.id))).toEqual([404, "not_found"]);
  expect(await refusalOf(memories.forget(own.id))).toEqual([404, "not_found"]);
  const record = (await api.client.audit.list({ limit: 200 })).items.find(({ action }) => action === "memories.pin");
  expect(record).toMatchObject({ target: { memory: tainted?.id }, result: "allowed" });
});

test("a note of one environment is for that one, and who sees only one sees only its notes", async () => {
  const { memories } = api.client;
  await memories.add({ text: "Of production alone.", environment: "prod" });
  await memories.add({ text: "Of the project." });
  expect(texts(await agentIn("dev").vouched())).not.toContain("Of production alone.");
  expect(texts(await agentIn("prod").vouched())).toEqual(
    expect.arrayContaining(["Of production alone.", "Of the project."]),
  );
  const person = await api.addPerson("sees dev alone", { roles: [] });
  await api.client.roles.grant({ role: "viewer", actor: person.actor, project: "default", environment: "dev" });
  const seen = texts((await person.client.memories.list()).items);
  expect(seen).not.toContain("Of production alone.");
  expect(await refusalOf(person.client.memories.add({ text: "Mine." }))).toEqual([403, "forbidden"]);
});

test("agents push out their own notes only, and theirs age", async () => {
  const { memories, retention } = api.client;
  const own = await memories.add({ text: "People's notes stay." });
  await api.engine.admin.query(
    `INSERT INTO memories (org, id, project, environment, kind, text, digest, agent, tainted, actor, updated_at)
     SELECT $1, gen_random_uuid(), $2, 'staging', 'fact', 'note ' || n, sha256(n::text::bytea), 'assistant', '{}', '{}', now() - interval '400 days'
       FROM generate_series(1, 600) n`,
    [api.org, api.project],
  );
  await agentIn("staging").remember({ kind: "fact", text: "One more.", source: null, tainted: [] });
  const left = (await memories.list({ project: "default" })).items;
  expect(left.filter(({ agent }) => agent !== null)).toHaveLength(500);
  expect(texts(left)).toEqual(expect.arrayContaining(["One more.", "People's notes stay."]));
  const [aged] = (await retention.preview({ kind: "memories" })).items;
  expect(aged).toMatchObject({
    kind: "memories",
    keepDays: 365,
    count: left.filter(({ text }) => text.startsWith("note ")).length,
  });
  await memories.forget(own.id);
});

test("whoever is erased is named in no note any more", async () => {
  const { memories } = api.client;
  const person = await api.addPerson("Ada (on call)");
  await memories.add({ text: "Ask ada (ON CALL), she knows the database." });
  await memories.add({ text: "Adapters are slow." });
  await person.client.memories.add({ text: "My own words." });
  await api.client.people.eraseActor(person.actor, { confirm: "Ada (on call)", reason: "asked" });
  const signer = createSigner({ pool: api.engine.db, keyring: api.keyring, now: Date.now });
  await erasePeople({ pool: api.engine.db, signer, now: Date.now, newId, log: silentLog });
  const left = (await memories.list()).items;
  expect(texts(left)).toEqual(expect.arrayContaining(["Adapters are slow.", "My own words."]));
  expect(JSON.stringify(left).toLowerCase()).not.toContain("ada (on call)");
});
