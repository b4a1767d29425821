import type { FastifyInstance } from "fastify";
import { authPath, sessionBearer } from "../auth/index.ts";
import { askAuth, forward, passCookies } from "./ask-auth.ts";
import type { AuthQuestion } from "./session-person.ts";
import type { ApiDeps } from "./deps.ts";

/** What better-auth answers, for pages and programs. Nothing else of it is reachable: no sign-up, no changing who one is. */
const offered = [
  ["POST", "/sign-in/email"],
  ["GET", "/callback/:id"],
  ["POST", "/sign-out"],
  ["GET", "/get-session"],
  ["POST", "/request-password-reset"],
  ["POST", "/reset-password"],
  ["GET", "/verify-email"],
  ["POST", "/send-verification-email"],
  ["POST", "/change-password"],
  ["POST", "/two-factor/enable"],
  ["POST", "/two-factor/disable"],
  ["POST", "/two-factor/verify-totp"],
  ["POST", "/two-factor/verify-backup-code"],
  ["POST", "/two-factor/generate-backup-codes"],
  ["GET", "/passkey/generate-register-options"],
  ["POST", "/passkey/verify-registration"],
  ["GET", "/passkey/generate-authenticate-options"],
  ["POST", "/passkey/verify-authentication"],
  ["POST", "/passkey/delete-passkey"],
  ["GET", "/device"],
  ["POST", "/device/approve"],
  ["POST", "/device/deny"],
] as const;

/** RFC 8628: its answers have a shape of their own, errors too. */
const deviceFlow = ["/device/code", "/device/token"] as const;

/** Routes of better-auth, behind our guards: refused where a browser was made to send them, and limited per address. */
export function signInRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const config = { access: "sign-in" } as const;
  for (const [method, path] of offered) {
    app.route({
      method,
      url: authPath + path,
      config,
      handler: async (request, reply) => {
        const response = await askAuth(deps, request, question(method, request));
        passCookies(response, reply);
        void reply.code(response.status).header("cache-control", "no-store");
        const location = response.headers.get("location");
        if (location !== null) return reply.header("location", location).send();
        return reply.type("application/json; charset=utf-8").send(await response.text());
      },
    });
  }
  for (const path of deviceFlow) {
    app.route({
      method: "POST",
      url: authPath + path,
      config,
      handler: async (request, reply) => {
        const response = await forward(deps, request, question("POST", request));
        const answer = (await response.json()) as { access_token?: string };
        // Without the signature it would be worth nothing.
        if (answer.access_token !== undefined)
          answer.access_token = sessionBearer(deps.signIn.secret, answer.access_token);
        return reply.code(response.status).header("cache-control", "no-store").send(answer);
      },
    });
  }
}

function question(method: "GET" | "POST", request: { url: string; body: unknown }): AuthQuestion {
  return {
    method,
    path: request.url.slice(authPath.length),
    ...(method === "GET" ? {} : { body: request.body ?? {} }),
  };
}
