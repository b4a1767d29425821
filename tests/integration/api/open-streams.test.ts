import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type Person, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(() => api[Symbol.asyncDispose]());

const sql = (text: string, values: unknown[]) => api.engine.admin.query(text, values);

/** A stream that is open; `ended` is the whole of it once the server has ended it. */
async function opened(person: Person, path: string): Promise<{ ended: Promise<string> }> {
  const response = await api.request(`/api/v1${path}`, { key: person.key, headers: { accept: "text/event-stream" } });
  expect(response.status).toBe(200);
  return { ended: response.text() };
}

async function queued(): Promise<string> {
  return (await api.client.runs.create({ runbook: "test.look", environment: "dev" })).id;
}

test("streams of events end with a word when the key is revoked, and nobody else's do", async () => {
  const run = await queued();
  const [leaver, other] = [await api.addPerson("leaver"), await api.addPerson("stays")];
  const lost = [await opened(leaver, "/events"), await opened(leaver, `/runs/${run}/events`)];
  const stays = await opened(other, `/runs/${run}/events`);
  let ended = false;
  void stays.ended.then(() => (ended = true));
  const key = (await sql("SELECT id FROM api_keys WHERE actor = $1", [leaver.actor])).rows[0].id as string;
  await api.client.apiKeys.revoke(key);
  for (const one of lost) expect(await one.ended).toContain(`event: close\ndata: {"reason":"access_lost"}`);
  expect(ended).toBe(false);
});

test("a stream ends when the role it needs is taken, and when another part of the organization is seen", async () => {
  const run = await queued();
  const demoted = await api.addPerson("demoted", { roles: ["viewer"] });
  const moved = await api.addPerson("moved", { roles: ["viewer"] });
  const streams = [await opened(demoted, `/runs/${run}/events`), await opened(moved, "/events")];
  await sql("DELETE FROM role_bindings WHERE actor = $1", [demoted.actor]);
  const elsewhere = newId();
  await sql("INSERT INTO projects (id, org, name) VALUES ($1, $2, 'elsewhere')", [elsewhere, api.org]);
  await sql("UPDATE role_bindings SET project = $2 WHERE actor = $1", [moved.actor, elsewhere]);
  for (const one of streams) expect(await one.ended).toContain(`data: {"reason":"access_lost"}`);
});

test("who waits for the first line of a log and may not read it any more is refused", async () => {
  const run = await queued();
  const reader = await api.addPerson("reader");
  const waiting = api.request(`/api/v1/runs/${run}/logs?follow=true`, { key: reader.key });
  // Nobody carries the run out: without this it would wait for ever.
  await sql("UPDATE actors SET disabled_at = now() WHERE id = $1", [reader.actor]);
  expect((await waiting).status).toBe(401);
});
