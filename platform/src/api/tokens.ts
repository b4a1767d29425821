import { api, type Scope } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { requireScope } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";
import { TokenOfTokenError } from "./errors.ts";
import { route } from "./route.ts";
import { issueToken } from "./token.ts";

export function tokenRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(
    app,
    deps,
    api.tokens.create,
    async ({ body, caller, id, tx }) => {
      const { credential, org, actor } = caller;
      // Or it would outlive itself for ever.
      if (credential.kind === "token") throw new TokenOfTokenError();
      const scopes = body.scopes ?? (caller.scopes as Scope[]);
      for (const scope of scopes) requireScope(caller, scope);
      // Nothing is stored of a token; that somebody has it is on record all the same.
      await tx((db) => db.query("SELECT pg_current_xact_id()"));
      const parent = { kind: credential.kind, id: credential.id };
      const { token, expiresAt } = await issueToken(
        { signer: deps.signer, now: deps.now, issuer: deps.signIn.origins().main },
        { id, org, actor: actor.id, scopes, parent },
        body.seconds,
      );
      return { token, scopes, expiresAt: new Date(expiresAt).toISOString() };
    },
    { sealAnswer: true },
  );
}
