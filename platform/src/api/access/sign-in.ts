import type { FastifyInstance } from "fastify";
import { authPath, sessionBearer } from "../../auth/index.ts";
import { askAuth, forward, passCookies } from "./ask-auth.ts";
import type { AuthQuestion } from "./session-person.ts";
import type { ApiDeps } from "../deps.ts";

/** What better-auth answers, for pages and programs. Nothing else of it is reachable: no sign-up, no changing who one is. */
const offered = [
  ["POST", "/sign-in/email", "Sign in with e-mail address and password."],
  ["GET", "/callback/:id", "Where an identity provider sends people back to."],
  ["POST", "/sign-out", "End the session."],
  ["GET", "/get-session", "The session and its person, or null."],
  ["POST", "/request-password-reset", "Send a link for a new password."],
  ["POST", "/reset-password", "Set a new password, with the token of that link."],
  ["GET", "/verify-email", "Where the link in a mail leads that verifies an address."],
  ["POST", "/send-verification-email", "Send that mail again."],
  ["POST", "/change-password", "Change the password, with the one before."],
  ["POST", "/two-factor/enable", "Begin with codes of an authenticator app."],
  ["POST", "/two-factor/disable", "End with them."],
  ["POST", "/two-factor/verify-totp", "Show such a code."],
  ["POST", "/two-factor/verify-backup-code", "Show a recovery code instead."],
  ["POST", "/two-factor/generate-backup-codes", "Make new recovery codes."],
  ["GET", "/passkey/generate-register-options", "Begin to register a passkey."],
  ["POST", "/passkey/verify-registration", "Register it."],
  ["GET", "/passkey/generate-authenticate-options", "Begin to sign in with a passkey."],
  ["POST", "/passkey/verify-authentication", "Sign in with it."],
  ["POST", "/passkey/delete-passkey", "Remove a passkey."],
  ["GET", "/device", "What a device asked for, by the code that it shows."],
  ["POST", "/device/approve", "Let the device in."],
  ["POST", "/device/deny", "Don't."],
] as const;

/** RFC 8628: its answers have a shape of their own, errors too. */
const deviceFlow = [
  ["/device/code", "A code for a device that wants to sign in."],
  ["/device/token", "What the device asks again and again until it was let in."],
] as const;

/** These routes, for the reference. */
export const signInPaths: readonly { method: string; path: string; what: string }[] = [
  ...offered.map(([method, path, what]) => ({ method, path: authPath + path, what })),
  ...deviceFlow.map(([path, what]) => ({ method: "POST", path: authPath + path, what: `${what} RFC 8628.` })),
];

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
  for (const [path] of deviceFlow) {
    app.route({
      method: "POST",
      url: authPath + path,
      config: { ...config, polled: true },
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
