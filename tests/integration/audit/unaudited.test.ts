import { apiPrefix } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { bookkeeping, contentOf } from "../../support/contents.ts";
import { bodies, queries } from "../../support/endpoints.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { endpoints } from "../../support/requests.ts";

const changing = endpoints.filter(({ method }) => method !== "GET");

test("where nothing can be recorded, no endpoint changes anything, and the ones that would say so", async () => {
  await using api = await startTestApi();
  const ids = await things(api);
  // The first key is made when somebody needs one, which changes nothing of anybody's.
  await fetch(`${api.url}/.well-known/jwks.json`);
  await api.engine.admin.query("REVOKE INSERT ON audit_records FROM gantry_api, gantry_engine");
  const before = await contentOf(api.engine.admin, { but: bookkeeping });
  const answers: Record<string, string> = {};
  for (const endpoint of changing) {
    const path =
      apiPrefix + endpoint.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? "x"));
    const response = await api.request(path + (queries[endpoint.id] ?? ""), {
      method: endpoint.method,
      headers: endpoint.body === undefined ? {} : { "content-type": "application/json" },
      ...(endpoint.body === undefined ? {} : { body: JSON.stringify(bodies[endpoint.id] ?? {}) }),
    });
    const said = (response.status === 204 ? {} : await response.json()) as { code?: string };
    answers[endpoint.id] = said.code ?? String(response.status);
    expect([endpoint.id, response.status < 500 || said.code === "audit_unavailable"]).toEqual([endpoint.id, true]);
  }
  expect(await contentOf(api.engine.admin, { but: bookkeeping })).toEqual(before);
  const refused = Object.entries(answers).filter(([, code]) => code === "audit_unavailable");
  // The others look only, or had nothing to do; that they changed nothing was seen above.
  expect(refused.map(([id]) => id)).toEqual(
    expect.arrayContaining([
      "runs.create",
      "killSwitch.set",
      "apiKeys.create",
      "actors.create",
      "secrets.put",
      "environments.create",
    ]),
  );
  expect(refused.length).toBeGreaterThan(20);
});

/** One of each, so that requests name what is there. */
async function things({ client, org, project }: TestApi): Promise<Record<string, string>> {
  const { id: run } = await client.runs.create({ runbook: "test.look", parameters: {}, environment: "dev" });
  const { id: freeze } = await client.freezes.create({
    reason: "holidays",
    times: { kind: "once", from: "2030-01-01T00:00:00Z", to: "2030-01-02T00:00:00Z" },
  } as never);
  const { id: actor } = await client.actors.create({ name: "somebody else" });
  const { id: key } = await client.apiKeys.create({ scopes: ["read"] });
  await client.secrets.put("token", { value: "hush" } as never).catch(() => undefined);
  return { run, freeze, actor, key, name: "token", organization: org, project, environment: "dev" };
}
