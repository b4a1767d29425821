import { afterAll, beforeAll, expect, test } from "vitest";
import { issueReadingToken, issueStateToken } from "../../../platform/src/secrets/index.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";

/** What a run that thinks reads the platform's records with. */
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const tokenOf = (actor: string, changes: { org?: string; expiresAt?: number } = {}) =>
  issueReadingToken(api.keyring, { org: api.org, run: newId(), actor, expiresAt: Date.now() + 60_000, ...changes });
const statusOf = async (token: string, path: string, method = "GET") =>
  (await fetch(`${api.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` } })).status;

test("it reads what its actor may read of records, and nothing else, and changes nothing", async () => {
  const { actor } = await api.addPerson("reads all", { roles: ["owner"] });
  const token = tokenOf(actor);
  for (const path of ["/runs", "/queue", "/models/costs", "/states", "/audit"])
    expect([path, await statusOf(token, path)]).toEqual([path, 200]);
  for (const path of ["/secrets", "/actors", "/audit/export", "/me"])
    expect([path, await statusOf(token, path)]).toEqual([path, 401]);
  expect(await statusOf(token, "/runs", "POST")).toBe(401);
});

test("roles are those of the moment, and break-glass isn't lent", async () => {
  const { actor } = await api.addPerson("of one project", { roles: [] });
  const token = tokenOf(actor);
  expect(await statusOf(token, "/runs")).toBe(403);
  const { id } = await api.client.roles.grant({ role: "viewer", actor, project: "default" });
  expect(await statusOf(token, "/runs")).toBe(200);
  expect(await statusOf(token, "/audit")).toBe(403);
  await api.client.roles.revoke(id);
  await api.engine.admin.query(
    `INSERT INTO break_glass (id, org, actor, project, role, reason, expires_at)
     VALUES (gen_random_uuid(), $1, $2, $3, 'operator', 'an emergency', now() + interval '1 hour')`,
    [api.org, actor, api.project],
  );
  expect(await statusOf(token, "/runs")).toBe(403);
});

test("one that is expired, altered, of another kind or for another organization's actor is none", async () => {
  const { actor } = await api.addPerson("somebody", { roles: ["owner"] });
  const good = tokenOf(actor);
  const [kind = "", text = "", mac = ""] = good.split(".");
  const other = Buffer.from(text, "base64url").toString().replace(actor, newId());
  const state = issueStateToken(api.keyring, {
    org: api.org,
    run: newId(),
    attempt: "a",
    fence: 0,
    project: "default",
    environment: "dev",
    name: "s",
    actor,
    expiresAt: Date.now() + 60_000,
  });
  for (const bad of [
    tokenOf(actor, { expiresAt: Date.now() - 1 }),
    tokenOf(actor, { org: newId() }),
    `${kind}.${Buffer.from(other).toString("base64url")}.${mac}`,
    `${kind}.${state.split(".").slice(1).join(".")}`,
    tokenOf(newId()),
  ])
    expect(await statusOf(bad, "/runs")).toBe(401);
  expect(await statusOf(good, "/runs")).toBe(200);
});
