import { expect, test } from "vitest";
import { otherRoutes } from "../../../platform/src/api/docs/reference.ts";
import { createApiKey } from "../../../platform/src/api/access/api-key.ts";
import { newId } from "../../support/engine.ts";
import { changedBy, type World } from "./world.ts";

/** What anybody may have, by design. A route that isn't here must lead to the sign-in or refuse. */
const open = new Set([
  "GET /livez",
  "GET /readyz",
  "GET /openapi.json",
  "GET /docs",
  "GET /docs/:page",
  "GET /errors/:code",
  "GET /",
  "GET /icon.svg",
  "GET /early.js",
  "GET /.well-known/jwks.json",
  "GET /.well-known/oauth-protected-resource",
  "GET /.well-known/oauth-protected-resource/mcp",
  "GET /mcp/oauth/client.json",
  "GET /sign-in.css",
  "GET /sign-in.js",
  "GET /pages.css",
  "GET /sign-in",
  "GET /sign-in/code",
  "GET /forgot-password",
  "GET /reset-password",
  // Answered the same whether or not there is such a person.
  "POST /forgot-password",
  "POST /api/v1/auth/request-password-reset",
  "POST /api/v1/auth/send-verification-email",
  "POST /api/v1/auth/sign-out",
  // Null without a session.
  "GET /api/v1/auth/get-session",
  "GET /api/v1/auth/passkey/generate-authenticate-options",
  "POST /api/v1/auth/device/code",
]);

/** A form that has everything that any of them asks for, of nobody. */
const form = {
  email: "nobody@example.com",
  password: "seven calm walruses read",
  name: "Nobody",
  code: "000000",
  token: "x".repeat(24),
  currentPassword: "x",
  newPassword: "seven calm walruses read",
  userCode: "ABCDEFGH",
  user_code: "ABCDEFGH",
  decision: "allow",
  id: newId(),
  client_id: "gantry-cli",
  response: {},
  device_code: "x".repeat(40),
  grant_type: "urn:ietf:params:oauth:grant-type:device_code",
};

/** Attempts, and what begins a sign-in, are written down; nothing of anybody's. */
const attempts = ["auth.verification", 'auth."deviceCode"', 'auth."rateLimit"', "auth.sign_in_failures"];

export function otherRouteTests(world: () => World): void {
  test("what isn't of the contract gives nobody without a credential more than a page, and changes nothing", async () => {
    const { api, theirs } = world();
    const credentials = [{}, { authorization: `Bearer ${createApiKey().key}` }, { cookie: "gantry.session=x.y" }];
    const routes = otherRoutes.flatMap(({ methods, path }) => methods.map((method) => ({ method, path })));
    expect(routes.length).toBeGreaterThan(60);
    const wrong: string[] = [];
    const changed = await changedBy(world(), async () => {
      for (const { method, path } of routes) {
        const ids: Record<string, string> = { ...theirs.ids, name: theirs.ids["states.name"] ?? "", page: "errors" };
        const url = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? "not_found"));
        const seen: number[] = [];
        for (const credential of credentials) {
          const isForm = !path.startsWith("/api/") && !path.startsWith("/hooks/");
          const type = isForm ? "application/x-www-form-urlencoded" : "application/json";
          const { response: _, ...fields } = form;
          const payload = isForm ? new URLSearchParams(fields).toString() : JSON.stringify(form);
          const { statusCode, headers } = await api.app.inject({
            method: method as "GET",
            url,
            headers: {
              host: new URL(api.url).host,
              origin: api.url,
              "x-forwarded-for": "192.0.2.1",
              ...credential,
              ...(method === "GET" ? {} : { "content-type": type }),
            },
            ...(method === "GET" ? {} : { payload }),
          });
          const location = String(headers.location ?? "/").replace(api.url, "");
          expect([method, path, location]).toEqual([method, path, expect.stringMatching(/^\/(?!\/|account)/)]);
          seen.push(statusCode);
        }
        const name = `${method} ${path}`;
        const fine = seen.every((status) => (open.has(name) ? status < 400 : status >= 300 && status < 500));
        if (!fine) wrong.push(`${name}: ${seen.join()}`);
      }
    });
    expect(wrong).toEqual([]);
    expect(changed.filter((table) => !attempts.includes(table))).toEqual([]);
  });
}
