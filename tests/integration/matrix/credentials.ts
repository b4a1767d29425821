import { Scope, type Endpoint } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { createApiKey } from "../../../platform/src/api/access/api-key.ts";
import { newId } from "../../support/engine.ts";
import { ask, eachOf, refusalIn, requestFor } from "../../support/requests.ts";
import { changedBy, guarded, type World } from "./world.ts";

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What names nobody, or nobody who may still come in; each with all rights otherwise. */
async function badCredentials({ api, theirs: tenant }: World): Promise<Record<string, object>> {
  const sql = (text: string, values: unknown[]) => api.engine.admin.query(text, values);
  const bearer = async (end: string): Promise<object> => {
    const person = await api.addPerson(`leaver ${newId()}`, { org: tenant.org, scopes: [...Scope.options] });
    await sql(end, [person.actor]);
    return { authorization: `Bearer ${person.key}` };
  };
  const [head = "", claims = "", signature = ""] = tenant.session.token.split(".");
  const dying = await api.addPerson("dying", { org: tenant.org, scopes: [...Scope.options] });
  const { token } = await dying.client.tokens.create({});
  await sql("UPDATE api_keys SET revoked_at = now() WHERE actor = $1", [dying.actor]);
  await sql(`UPDATE auth.session SET "expiresAt" = now() - interval '1 second'`, []);
  return {
    "no credential": {},
    "an empty header": { authorization: "" },
    "no key in the header": { authorization: "Bearer " },
    "another scheme": { authorization: `Basic ${Buffer.from(`x:${tenant.key}`).toString("base64")}` },
    "no key at all": { authorization: "Bearer gantry_x" },
    "ten thousand characters": { authorization: `Bearer gantry_${"x".repeat(10_000)}` },
    "a key that nobody has": { authorization: `Bearer ${createApiKey().key}` },
    "a key with a letter more": { authorization: `Bearer ${tenant.key}x` },
    "an expired key": await bearer("UPDATE api_keys SET expires_at = now() WHERE actor = $1"),
    "a revoked key": await bearer("UPDATE api_keys SET revoked_at = now() WHERE actor = $1"),
    "a disabled person's key": await bearer("UPDATE actors SET disabled_at = now() WHERE id = $1"),
    "an ended session's cookie": { cookie: tenant.session.cookie, origin: api.url },
    "a made up cookie": { cookie: tenant.session.cookie.replace(/=.*/, "=x.y"), origin: api.url },
    "an ended session's token": { authorization: `Bearer ${tenant.session.token}` },
    "a revoked key's token": { authorization: `Bearer ${token}` },
    "a token without a signature": { authorization: `Bearer ${part({ alg: "none" })}.${claims}.` },
    "a token of another algorithm": { authorization: `Bearer ${part({ alg: "HS256" })}.${claims}.${signature}` },
    "a token that isn't one": { authorization: `Bearer ${head}.${part({})}.${signature}` },
  };
}

export function credentialTests(world: () => World): void {
  test("every endpoint refuses who brings no good credential, all in the same words, and does nothing", async () => {
    const { api, theirs: tenant } = world();
    const bad = await badCredentials(world());
    const changed = await changedBy(world(), async () => {
      await eachOf(guarded, async (endpoint) => {
        const request = requestFor(endpoint, tenant.ids);
        const seen = new Set<string>();
        for (const [what, headers] of Object.entries(bad)) {
          const answered = await ask(api, request, headers);
          expect([endpoint.id, what, answered.status]).toEqual([endpoint.id, what, 401]);
          expect(answered.headers["www-authenticate"]).toBe("Bearer");
          seen.add(JSON.stringify(refusalIn(answered)));
        }
        expect([endpoint.id, [...seen]]).toEqual([endpoint.id, [expect.stringContaining('"code":"unauthorized"')]]);
      });
    });
    expect(changed).toEqual([]);
  });

  test("every endpoint refuses a key that has all scopes but the one it needs, and does nothing", async () => {
    const { api, theirs: tenant } = world();
    const keys = new Map<Endpoint["scope"], string>();
    for (const scope of Scope.options) {
      const scopes = Scope.options.filter((one) => one !== scope);
      keys.set(scope, (await api.addPerson(`not ${scope}`, { org: tenant.org, scopes, roles: ["owner"] })).key);
    }
    const changed = await changedBy(world(), async () => {
      await eachOf(guarded, async (endpoint) => {
        const authorization = `Bearer ${keys.get(endpoint.scope) ?? ""}`;
        const answered = await ask(api, requestFor(endpoint, tenant.ids), { authorization });
        expect([endpoint.id, answered.status]).toEqual([endpoint.id, 403]);
        expect(refusalIn(answered)).toMatchObject({ code: "scope_missing", details: { needed: endpoint.scope } });
      });
    });
    expect(changed).toEqual([]);
  });

  test("every endpoint refuses who has its scope and no role, but for what is everybody's own, and does nothing", async () => {
    const { api, theirs: tenant } = world();
    const { key } = await api.addPerson("nobody", { org: tenant.org, scopes: [...Scope.options], roles: [] });
    const others = guarded.filter(({ resource }) => resource?.kind !== "self");
    expect(others.length).toBeGreaterThan(100);
    const changed = await changedBy(world(), async () => {
      await eachOf(others, async (endpoint) => {
        const answered = await ask(api, requestFor(endpoint, tenant.ids), { authorization: `Bearer ${key}` });
        expect([endpoint.id, answered.status]).toEqual([endpoint.id, 403]);
        const { details, code } = refusalIn(answered) as { code: string; details: object };
        expect([code, details]).toEqual(["forbidden", expect.objectContaining({ action: endpoint.id })]);
      });
    });
    expect(changed).toEqual([]);
  });
}
