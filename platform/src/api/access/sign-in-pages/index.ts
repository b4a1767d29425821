/**
 * Pages for people who sign in, until there is a dashboard: plain forms that work without scripts. What they do is what better-auth's
 * routes do; no page holds anything that a program couldn't ask for.
 */
import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "../../deps.ts";
import { accountPages } from "./account.ts";
import { confirmPages } from "./confirm.ts";
import { devicePages } from "./device.ts";
import { readForms } from "./form.ts";
import { invitationPages } from "./invitation.ts";
import { mcpSignInPages } from "./mcp-sign-in.ts";
import { passwordPages } from "./password.ts";
import { script } from "./script.ts";
import { signInPages } from "./sign-in.ts";
import { style } from "./style.ts";

export function peoplePages(app: FastifyInstance, deps: ApiDeps): void {
  const config = { access: "public" } as const;
  app.get("/sign-in.css", { config }, async (_request, reply) => reply.type("text/css; charset=utf-8").send(style));
  app.get("/sign-in.js", { config }, async (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(script),
  );
  void app.register(async (scope) => {
    readForms(scope);
    signInPages(scope, deps);
    passwordPages(scope, deps);
    invitationPages(scope, deps);
    devicePages(scope, deps);
    accountPages(scope, deps);
    confirmPages(scope, deps);
    mcpSignInPages(scope, deps);
  });
}
