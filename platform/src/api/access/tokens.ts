import { api, type Scope } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { requireToGive } from "./caller.ts";
import type { ApiDeps } from "../deps.ts";
import { TokenOfTokenError } from "../errors.ts";
import { route } from "../http/route.ts";
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
      const { elevatedUntil = null } = credential;
      // What the session is lent for some minutes isn't its own.
      const own = (caller.scopes as Scope[]).filter((one) => elevatedUntil === null || one !== "admin:everywhere");
      const scopes = body.scopes ?? own;
      requireToGive(caller, scopes);
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
